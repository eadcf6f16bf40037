/*
 * Which upgrade requests are ours, and which version they ask for (exchange.md 2.1, 2.4). What makes an upgrade well
 * formed is the framing's business, and who may come in that of the edge.
 */

#include "wire/exchange/exchange_impl.h"

int ald_exchange_accept(const struct ald_http_request *request, struct ald_accept *ret_accept)
{
    struct ald_str version;

    if (!ald_str_equal(request->path, ALD_STR(ALD_EXCHANGE_PATH)) &&
        !ald_str_starts(request->path, ALD_STR(ALD_EXCHANGE_LEGACY_PATH))) {
        return ALD_ACCEPT_NOT_MINE;
    }
    *ret_accept = (struct ald_accept){0};

    /* The first header decides, case matters, and anything but `v1` is legacy. The legacy path only adds a further
     * `legacy` behind what the client said, so an explicit `v1` wins there too. */
    version = ald_http_fields_find(request->fields, ALD_STR(ALD_EXCHANGE_VERSION_HEADER));
    if (!ald_str_equal(version, ALD_STR("v1"))) {
        return 0;
    }
    ret_accept->variant = ALD_EXCHANGE_V1;
    if (ald_http_fields_list(request->fields, ALD_STR(ALD_EXCHANGE_EXTENSION_HEADER), ALD_STR("1"))) {
        ret_accept->variant |= ALD_EXCHANGE_EXTENDED;
        ret_accept->header_name = ALD_EXCHANGE_EXTENSION_HEADER;
        ret_accept->header_value = "1";
    }
    return 0;
}
