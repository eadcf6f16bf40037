#include "base/error.h"
#include "wire/exchange/exchange.h"

size_t ald_exchange_dial_fields(uint32_t wanted, struct ald_http_field fields[ALD_EXCHANGE_FIELDS_MAX])
{
    bool v1 = (wanted & ALD_EXCHANGE_V1) != 0;

    fields[0] = (struct ald_http_field){ALD_STR(ALD_EXCHANGE_VERSION_HEADER), v1 ? ALD_STR("v1") : ALD_STR("legacy")};
    fields[1] = (struct ald_http_field){ALD_STR(ALD_EXCHANGE_EXTENSION_HEADER), ALD_STR("1")};
    return v1 && (wanted & ALD_EXCHANGE_EXTENDED) != 0 ? 2 : 1;
}

int ald_exchange_dial_path(struct ald_str prefix, struct ald_buf *out)
{
    int r;

    /* exchange.md 4.7: one `/` at the end of the configured URL goes. */
    if (prefix.size > 0 && prefix.data[prefix.size - 1] == '/') {
        prefix.size--;
    }
    r = ald_buf_push(out, prefix);
    if (r == 0) {
        r = ald_buf_push(out, ALD_STR(ALD_EXCHANGE_PATH));
    }
    return r < 0 ? ald_trace(r) : r;
}

uint32_t ald_exchange_dial_result(uint32_t wanted, struct ald_str announced)
{
    return ald_str_equal(announced, ALD_STR("1")) ? wanted : wanted & ~(uint32_t)ALD_EXCHANGE_EXTENDED;
}
