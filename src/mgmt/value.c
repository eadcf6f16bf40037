#include "mgmt/value.h"

#include "mgmt/mgmt_impl.h"

void ald_mgmt_address_write(struct ald_json_writer *json, const char *name, const struct ald_address *address)
{
    struct ald_buf text;

    /* Every byte of hub, target and channel may become three. */
    ald_buf_init(&text, 3 * 3 * ALD_NAME_MAX + 8);
    if (ald_address_format(address, &text) == 0) {
        ald_json_write_member_str(json, name, ald_buf_str(&text));
    }
    ald_buf_fini(&text);
}

void ald_mgmt_raw_write(struct ald_json_writer *json, const char *name, struct ald_slice raw)
{
    struct ald_str text = ald_slice_str(raw);
    struct ald_buf repaired;

    if (!ald_str_present(text)) {
        return;
    }
    if (ald_utf8_valid(text)) {
        ald_json_write_member_raw(json, name, text);
        return;
    }
    ald_buf_init(&repaired, MGMT_BODY_MAX);
    if (ald_json_repair(text, &repaired) == 0) {
        ald_json_write_member_raw(json, name, ald_buf_str(&repaired));
    }
    ald_buf_fini(&repaired);
}
