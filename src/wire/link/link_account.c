#include "wire/link/link_account.h"

void ald_link_roles_write(struct ald_json_writer *json, struct ald_str rights)
{
    bool is_admin = !ald_str_present(rights);

    ald_json_write_name(json, ALD_STR("roles"));
    ald_json_write_array(json);
    ald_json_write_object(json);
    ald_json_write_member_str(json, "name", is_admin ? ALD_STR("Cluster Admin") : ALD_STR("Rights"));
    ald_json_write_member_u64(json, "id", is_admin ? 0 : 1);
    ald_json_write_name(json, ALD_STR("permissions"));
    ald_json_write_array(json);
    if (is_admin) {
        ald_json_write_str(json, ALD_STR("core.admin"));
    }
    while (rights.size > 0) {
        ald_json_write_str(json, ald_str_trim(ald_str_pop(&rights)));
    }
    ald_json_write_end(json);
    ald_json_write_end(json);
    ald_json_write_end(json);
}
