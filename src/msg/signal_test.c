#include "msg/signal.h"

#include "lib/test.h"

ALD_TEST(signal, begins_with_everything_absent)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);

    ald_check_int(signal.kind, ALD_SIGNAL_LEAVE);
    ald_check(signal.msg == NULL && signal.request == NULL);
    ald_check(!ald_str_present(signal.target) && !ald_str_present(signal.text));
    ald_signal_clear(&signal);
}

ALD_TEST(signal, gives_up_both_of_its_references)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REPLY);
    struct ald_msg_pool *pool = NULL;

    ald_check_int(ald_msg_pool_new(0, &pool), 0);
    ald_check_int(ald_msg_new(pool, ALD_REPLY, &signal.msg), 0);
    ald_check_int(ald_msg_new(pool, ALD_COMMAND, &signal.request), 0);
    ald_signal_clear(&signal);
    ald_check(signal.msg == NULL && signal.request == NULL);
    ald_check_int(ald_msg_pool_live(pool), 0);
    pool = ald_msg_pool_free(pool);
}

ALD_TEST(signal, has_a_name_for_every_kind)
{
    for (int kind = 0; kind < ALD_N_SIGNALS; kind++) {
        ald_check(ald_signal_name((enum ald_signal_kind)kind)[0] != '\0');
    }
}

ALD_TEST_MAIN(signal, ALD_CASE(signal, begins_with_everything_absent),
              ALD_CASE(signal, gives_up_both_of_its_references), ALD_CASE(signal, has_a_name_for_every_kind))
