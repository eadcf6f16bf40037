#include "wire/http/http_fault.h"

static const struct ald_http_fault http_faults[] = {
#define ALD_HTTP_X(name, status, text) [ALD_HTTP_FAULT_##name] = {(status), (text)},
    ALD_HTTP_FAULTS(ALD_HTTP_X)
#undef ALD_HTTP_X
};

_Static_assert(ALD_COUNT(http_faults) == ALD_HTTP_FAULT_KINDS, "every fault has its status and text");

const struct ald_http_fault *ald_http_fault(enum ald_http_fault_kind kind)
{
    ald_assert(kind < ALD_HTTP_FAULT_KINDS);
    return kind != ALD_HTTP_FAULT_NONE ? &http_faults[kind] : NULL;
}
