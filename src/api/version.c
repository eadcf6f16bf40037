#include "aldis/version.h"

#include "base/error.h"

const char *aldis_version(void)
{
    return ALDIS_VERSION;
}

const char *aldis_error_text(int error)
{
    return ald_error_text(error);
}
