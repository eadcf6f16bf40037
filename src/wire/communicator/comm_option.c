#include "wire/communicator/comm_option.h"

#include "wire/communicator/comm_payload.h"

static const struct ald_str option_names[ALD_COMM_N_OPTIONS] = {
#define ALD_X(name, text) [ALD_COMM_OPTION_##name] = {text, sizeof(text) - 1},
    ALD_COMM_OPTIONS(ALD_X)
#undef ALD_X
};

#define BIT(name) (UINT32_C(1) << ALD_COMM_OPTION_##name)

/* What belongs to one link only, and never further. */
#define OF_LINK                                                                                                        \
    (BIT(SECRET) | BIT(SECURE) | BIT(MSGID) | BIT(HOPS) | BIT(TIMEOUT) | BIT(ORIGINATOR) | BIT(INFORMED) |             \
     BIT(EVERYONE))
#define OF_COMMAND (BIT(CACHE) | BIT(REPORT) | BIT(ID) | BIT(TTL) | BIT(MODE) | BIT(CHANNEL) | BIT(IDEMPOTENT))
#define OF_REPLY                                                                                                       \
    (BIT(CACHE) | BIT(REPORT) | BIT(ID) | BIT(OUTCOME) | BIT(CAUSE) | BIT(MESSAGE) | BIT(ERROR) | BIT(DETAILS) |       \
     BIT(ROSTER))

struct ald_str ald_comm_option_name(enum ald_comm_option option)
{
    ald_assert(option < ALD_COMM_N_OPTIONS);
    return option_names[option];
}

static void option_add(struct ald_comm_options *options, const struct ald_comm_param *item)
{
    for (int i = 0; i < ALD_COMM_N_OPTIONS; i++) {
        if (ald_str_equal(item->name, option_names[i])) {
            options->items[i] = item;
            options->present |= UINT32_C(1) << i;
            return;
        }
    }
}

void ald_comm_options_find(const struct ald_comm_params *params, struct ald_comm_options *ret_options)
{
    *ret_options = (struct ald_comm_options){.present = 0};
    for (size_t i = 0; i < params->n; i++) {
        if (ald_comm_is_reserved(params->items[i].name)) {
            option_add(ret_options, &params->items[i]);
        }
    }
}

uint32_t ald_comm_options_left(const struct ald_comm_options *options, enum ald_comm_kind kind)
{
    static const uint32_t left[] = {
        [ALD_COMM_KIND_EVENT] = OF_LINK,
        [ALD_COMM_KIND_COMMAND] = OF_LINK | OF_COMMAND,
        [ALD_COMM_KIND_REPLY] = OF_LINK | OF_REPLY,
    };

    return options->present & left[kind];
}
