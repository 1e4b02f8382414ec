def as_html(records):
    return ""
