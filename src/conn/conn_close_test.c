#include "conn/conn_close.h"

#include "base/str.h"
#include "lib/test.h"
#include "wire/ws/ws_frame.h"

ALD_TEST(conn_close, has_a_code_that_may_travel_for_every_cause)
{
    for (int cause = ALD_CLOSE_LEFT; cause <= ALD_CLOSE_TAKEN; cause++) {
        struct ald_conn_code code = ald_conn_code_of((enum ald_close_cause)cause);

        ald_check(ald_ws_close_code_valid(code.code));
        ald_check(code.reason != NULL && strlen(code.reason) <= ALD_WS_REASON_MAX);
        /* An existing connector would not come back (exchange.md 4.5). */
        ald_check(code.code != ALD_WS_CLOSE_NORMAL);
    }
}

ALD_TEST(conn_close, answers_a_goodbye_as_the_peer_knows_it)
{
    ald_check_int(ald_conn_code_of_goodbye(true).code, 1013);
    ald_check_str(ald_str(ald_conn_code_of_goodbye(true).reason), "GoodBye Command with reconnection requested.");
    ald_check_int(ald_conn_code_of_goodbye(false).code, 1000);
    ald_check_str(ald_str(ald_conn_code_of_goodbye(false).reason), "GoodBye Command without reconnection.");
}

ALD_TEST_MAIN(conn_close, ALD_CASE(conn_close, has_a_code_that_may_travel_for_every_cause),
              ALD_CASE(conn_close, answers_a_goodbye_as_the_peer_knows_it))
