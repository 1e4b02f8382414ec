"""The page that shows records."""
