#include "conn/guard.h"

bool ald_guest_known(const struct ald_guest *guest)
{
    return guest->guard == NULL || guest->pass != NULL;
}

struct ald_str ald_guest_principal(const struct ald_guest *guest)
{
    return guest->pass != NULL ? guest->guard->principal(guest->guard->owner, guest->pass) : ALD_STR_NONE;
}

enum ald_guest_manage ald_guest_manage(const struct ald_guest *guest)
{
    if (guest->guard == NULL) {
        return guest->local ? ALD_GUEST_MANAGE_WRITE : ALD_GUEST_MANAGE_READ;
    }
    return guest->pass != NULL ? guest->guard->manage(guest->guard->owner, guest->pass) : ALD_GUEST_MANAGE_NONE;
}

bool ald_guest_may_command(const struct ald_guest *guest, const struct ald_address *to, struct ald_str name)
{
    if (guest->guard == NULL) {
        return true;
    }
    return guest->pass != NULL && guest->guard->may_command(guest->guard->owner, guest->pass, to, name);
}

static void describe_all(struct ald_json_writer *json, const char *name, struct ald_str all)
{
    ald_json_write_name(json, ald_str(name));
    ald_json_write_array(json);
    ald_json_write_str(json, all);
    ald_json_write_end(json);
}

void ald_guest_describe(const struct ald_guest *guest, struct ald_json_writer *json)
{
    bool writes = ald_guest_manage(guest) == ALD_GUEST_MANAGE_WRITE;

    if (guest->pass != NULL) {
        guest->guard->describe(guest->guard->owner, guest->pass, json);
        return;
    }
    ald_json_write_name(json, ALD_STR("principal"));
    ald_json_write_null(json);
    describe_all(json, "register", ALD_STR("*"));
    describe_all(json, "command", ALD_STR("*:*"));
    describe_all(json, "permission", ALD_STR("core.admin"));
    describe_all(json, "subscribe", ALD_STR("*"));
    ald_json_write_member_str(json, "manage", writes ? ALD_STR("write") : ALD_STR("read"));
}
