// MARTLET_API marks what libmartlet.so exports; everything else is hidden.
#pragma once
#define MARTLET_API __attribute__((visibility("default")))
