#include "wire/communicator/comm_address.h"

#include "base/error.h"
#include "wire/communicator/comm_bytes.h"
#include "wire/communicator/comm_endpoint.h"

bool ald_comm_is_ip(struct ald_str text)
{
    struct ald_comm_endpoint endpoint;

    return ald_comm_endpoint_read(text, &endpoint) == 0 && endpoint.host.size == text.size;
}

bool ald_comm_is_address(struct ald_str text)
{
    struct ald_comm_endpoint endpoint;

    return ald_comm_endpoint_read(text, &endpoint) == 0 && endpoint.port != 0;
}

bool ald_comm_is_host(struct ald_str text)
{
    struct ald_comm_endpoint endpoint;

    return ald_comm_endpoint_read(text, &endpoint) == 0;
}

struct ald_str ald_comm_address_ip(struct ald_str address)
{
    struct ald_comm_endpoint endpoint;

    return ald_comm_endpoint_read(address, &endpoint) == 0 ? endpoint.host : address;
}

/* Takes the next item; absent: there is none. */
static struct ald_str item_take(struct ald_str *list)
{
    struct ald_str item;

    while (list->size > 0 && (comm_is_blank((uint8_t)list->data[0]) || list->data[0] == ',')) {
        *list = ald_str_from(*list, 1);
    }
    item = ald_str_of(list->data, 0);
    while (item.size < list->size && !comm_is_blank((uint8_t)list->data[item.size]) && list->data[item.size] != ',') {
        item.size++;
    }
    *list = ald_str_from(*list, item.size);
    return item.size > 0 ? item : ALD_STR_NONE;
}

int ald_comm_addresses_read(struct ald_str list, bool (*is_one)(struct ald_str text), struct ald_buf *out,
                            struct ald_str *ret_list)
{
    size_t before = ald_buf_size(out);
    struct ald_str item;
    int r = 0;

    while (r == 0 && ald_str_present(item = item_take(&list))) {
        r = !is_one(item) ? ALD_COMM_MALFORMED : ald_buf_size(out) > before ? ald_buf_push(out, ALD_STR(",")) : 0;
        r = r == 0 ? ald_buf_push(out, item) : r;
    }
    if (r != 0) {
        ald_buf_cut(out, before);
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_list = ald_buf_size(out) > before ? ald_str_from(ald_buf_str(out), before) : ALD_STR_NONE;
    return 0;
}
