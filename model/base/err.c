#include "model/base/err.h"

#include <stdarg.h>
#include <stdio.h>

void err_set(struct err *err, uint64_t offset_bytes, uint64_t line, const char *format,
             ...)
{
    va_list args;

    err->offset_bytes = offset_bytes;
    err->line = line;
    va_start(args, format);
    (void)vsnprintf(err->reason, sizeof err->reason, format, args);
    va_end(args);
}
