#include "tui/severity.h"

static const struct {
    enum role role;
    const char *sign;
    uint32_t mark;
} severities[] = {
    [SEVERITY_INFO] = {ROLE_DIM, "\u00b7", 0x2534},
    [SEVERITY_NOTICE] = {ROLE_TEXT, "\u25b4", 0x25b4},
    [SEVERITY_WARNING] = {ROLE_WARNING, "\u25b2", 0x25b2},
    [SEVERITY_CRITICAL] = {ROLE_CRITICAL, "\u25a0", 0x25b2},
};

enum role severity_role(enum severity severity)
{
    return severities[severity].role;
}

const char *severity_sign(enum severity severity)
{
    return severities[severity].sign;
}

uint32_t severity_mark(enum severity severity)
{
    return severities[severity].mark;
}
