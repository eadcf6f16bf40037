#include "daemon/accounts.h"

#include "base/error.h"
#include "conn/edge.h"
#include "conn/guard.h"
#include "conn/local.h"
#include "wire/link/link_account.h"

enum { ACCOUNT_BYTES_MAX = 8 * ALD_GUARD_RIGHTS_MAX }; /* of an event: a name may take some bytes more in JSON */

static const struct ald_local_callbacks nobody = {0};

void ald_accounts_init(struct ald_accounts *accounts, struct ald_edge *edge)
{
    *accounts = (struct ald_accounts){.edge = edge};
}

void ald_accounts_fini(struct ald_accounts *accounts)
{
    accounts->local = ald_local_close(accounts->local);
}

/* Errors: ALDIS_E_NOMEM. */
static int accounts_open(struct ald_accounts *accounts)
{
    struct ald_signal hello = ald_signal_of(ALD_SIGNAL_REGISTER);
    int r;

    if (accounts->local != NULL) {
        return 0;
    }
    r = ald_local_open(accounts->edge, ALD_STR("accounts"), ALD_STR("hub"), &nobody, NULL, &accounts->local);
    r = r < 0 ? r : ald_local_say(accounts->local, &hello);
    return r < 0 ? ald_trace(r) : 0;
}

/* Gives the event's payload. Errors: ALDIS_E_NOMEM. */
static int payload_make(struct ald_str rights, struct ald_slice *ret_payload)
{
    struct ald_json_writer json;
    struct ald_buf out;
    int r;

    ald_buf_init(&out, ACCOUNT_BYTES_MAX);
    ald_json_write_init(&json, &out, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_link_roles_write(&json, rights);
    ald_json_write_end(&json);
    r = ald_json_write_done(&json);
    ald_assert(r <= 0);
    r = r == 0 ? ald_slice_copy(ald_buf_str(&out), ret_payload) : r;
    ald_buf_fini(&out);
    return r < 0 ? ald_trace(r) : 0;
}

/* Gives the event. Errors: ALDIS_E_NOMEM. */
static int event_make(struct ald_edge *edge, struct ald_str target, struct ald_str rights, struct ald_msg **ret_msg)
{
    ALD_AUTO(ald_msg_unref) struct ald_msg *msg = NULL;
    struct ald_slice payload = ALD_SLICE_NONE;
    int r = ald_msg_new(ald_edge_messages(edge), ALD_EVENT, &msg);

    r = r < 0 ? r : ald_msg_set(msg, &msg->name, ALD_LINK_ACCOUNT_EVENT);
    r = r < 0 ? r : ald_msg_set(msg, &msg->to.target, target);
    r = r < 0 ? r : payload_make(rights, &payload);
    if (r < 0) {
        return ald_trace(r);
    }
    ald_msg_set_slice(msg, &msg->payload, payload);
    ald_slice_clear(&payload);
    msg->ttl = ALD_NEVER;
    ald_msg_seal(msg);
    *ret_msg = ald_steal(&msg);
    return 0;
}

int ald_accounts_tell(struct ald_accounts *accounts, struct ald_str target, struct ald_str rights)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_EVENT);
    int r = accounts_open(accounts);

    r = r < 0 ? r : event_make(accounts->edge, target, rights, &signal.msg);
    r = r < 0 ? r : ald_local_say(accounts->local, &signal);
    if (r < 0) {
        ald_signal_clear(&signal);
        return ald_trace(r);
    }
    return 0;
}
