#include "msg/msg.h"

#include "lib/test.h"

struct bench {
    struct ald_msg_pool *pool;
    struct ald_msg *msg;
};

static struct bench bench_open(enum ald_kind kind)
{
    struct bench bench;

    ald_check_int(ald_msg_pool_new(4, &bench.pool), 0);
    ald_check_int(ald_msg_new(bench.pool, kind, &bench.msg), 0);
    return bench;
}

static void bench_close(struct bench *bench)
{
    bench->msg = ald_msg_unref(bench->msg);
    ald_check_int(ald_msg_pool_live(bench->pool), 0);
    bench->pool = ald_msg_pool_free(bench->pool);
}

ALD_TEST(msg, begins_with_everything_absent)
{
    struct bench bench = bench_open(ALD_COMMAND);
    const struct ald_msg *msg = bench.msg;

    ald_check_int(msg->kind, ALD_COMMAND);
    ald_check(msg->ttl == ALD_NEVER);
    ald_check(!ald_str_present(msg->wire_id) && !ald_str_present(msg->name) && !ald_str_present(msg->to.target));
    ald_check(msg->payload.data == NULL && msg->details.data == NULL && msg->roster.data == NULL);
    ald_check(!msg->sealed);
    bench_close(&bench);
}

ALD_TEST(msg, keeps_empty_and_absent_strings_apart)
{
    struct bench bench = bench_open(ALD_COMMAND);

    ald_check_int(ald_msg_set(bench.msg, &bench.msg->to.target, ALD_STR("")), 0);
    ald_check_int(ald_msg_set(bench.msg, &bench.msg->version, ALD_STR_NONE), 0);
    ald_check(ald_str_present(bench.msg->to.target) && bench.msg->to.target.size == 0);
    ald_check(!ald_str_present(bench.msg->version));
    bench_close(&bench);
}

ALD_TEST(msg, moves_every_view_when_strings_outgrow_it)
{
    struct bench bench = bench_open(ALD_REPLY);
    struct ald_msg *msg = bench.msg;
    char big[2000];

    memset(big, 'x', sizeof(big));
    ald_check_int(ald_msg_set(msg, &msg->wire_id, ALD_STR("id")), 0);
    ald_check_int(ald_msg_set_address(msg, &msg->to,
                                      &(struct ald_address){ALD_STR("h"), ALD_STR("t"), ALD_STR("c"), ALD_SCOPE_HERE}),
                  0);
    ald_check_int(ald_msg_set_address(msg, &msg->from, &msg->to), 0);
    ald_check_int(ald_msg_set(msg, &msg->name, ALD_STR("NAME")), 0);
    ald_check_int(ald_msg_set(msg, &msg->version, ALD_STR("v")), 0);
    ald_check_int(ald_msg_set(msg, &msg->trace, ALD_STR("00-1")), 0);
    ald_check_int(ald_msg_set(msg, &msg->collapse, ALD_STR("k")), 0);
    ald_check_int(ald_msg_set(msg, &msg->code, ALD_STR("E")), 0);
    ald_check_int(ald_msg_set(msg, &msg->text, ald_str_of(big, sizeof(big))), 0);
    /* A second move, and a value that lies in the run that is given back. */
    ald_check_int(ald_msg_set(msg, &msg->code, msg->text), 0);
    ald_check_int(ald_msg_set(msg, &msg->code, msg->text), 0);
    ald_check_int(ald_msg_set(msg, &msg->code, msg->text), 0);
    ald_msg_seal(msg);

    ald_check_str(msg->wire_id, "id");
    ald_check_str(msg->to.hub, "h");
    ald_check_str(msg->to.target, "t");
    ald_check_str(msg->to.channel, "c");
    ald_check_str(msg->from.hub, "h");
    ald_check_str(msg->from.target, "t");
    ald_check_str(msg->from.channel, "c");
    ald_check_int(msg->from.scope, ALD_SCOPE_HERE);
    ald_check_str(msg->name, "NAME");
    ald_check_str(msg->version, "v");
    ald_check_str(msg->trace, "00-1");
    ald_check_str(msg->collapse, "k");
    ald_check(ald_str_equal(msg->code, ald_str_of(big, sizeof(big))));
    ald_check(ald_str_equal(msg->text, ald_str_of(big, sizeof(big))));
    bench_close(&bench);
}

ALD_TEST(msg, is_given_back_clean_and_used_again)
{
    struct bench bench = bench_open(ALD_COMMAND);
    struct ald_msg *first = bench.msg;

    ald_check_int(ald_msg_set(first, &first->name, ALD_STR("NAME")), 0);
    ald_check(ald_msg_ref(first) == first);
    ald_check(ald_msg_unref(first) == NULL);
    ald_check_int(ald_msg_pool_live(bench.pool), 1);
    ald_check(ald_msg_unref(first) == NULL);
    ald_check_int(ald_msg_pool_live(bench.pool), 0);

    ald_check_int(ald_msg_new(bench.pool, ALD_EVENT, &bench.msg), 0);
    ald_check(bench.msg == first);
    ald_check_int(bench.msg->kind, ALD_EVENT);
    ald_check(!ald_str_present(bench.msg->name));
    bench_close(&bench);
}

ALD_TEST(msg, shares_its_payload_and_lets_go_of_it)
{
    struct bench bench = bench_open(ALD_COMMAND);
    struct ald_slice payload = ALD_SLICE_NONE;

    ald_check_int(ald_slice_copy(ALD_STR("{\"a\":1}"), &payload), 0);
    ald_msg_set_slice(bench.msg, &bench.msg->payload, payload);
    ald_check_int(payload.block->refs, 2);
    ald_msg_set_slice(bench.msg, &bench.msg->payload, bench.msg->payload);
    ald_check_int(payload.block->refs, 2);
    ald_check(bench.msg->payload.data == payload.data);
    bench.msg = ald_msg_unref(bench.msg);
    ald_check_int(payload.block->refs, 1);
    ald_slice_clear(&payload);
    bench_close(&bench);
}

ALD_TEST(msg, compacts_only_what_pins_a_large_block)
{
    struct bench bench = bench_open(ALD_REPLY);
    struct ald_block *large = NULL;
    struct ald_slice whole = ALD_SLICE_NONE;

    ald_check_int(ald_block_new(4096, &large), 0);
    memset(large->data, '1', 4096);
    ald_check_int(ald_slice_copy(ALD_STR("[2]"), &whole), 0);
    bench.msg->payload = ald_slice_of(large, large->data + 10, 20);
    ald_msg_set_slice(bench.msg, &bench.msg->details, whole);
    ald_msg_seal(bench.msg);
    ald_check_int(large->refs, 2);

    ald_check_int(ald_msg_compact(bench.msg), 0);
    ald_check_int(large->refs, 1);
    ald_check_str(ald_slice_str(bench.msg->payload), "11111111111111111111");
    ald_check(bench.msg->details.data == whole.data);
    ald_check(bench.msg->roster.data == NULL);

    large = ald_block_unref(large);
    ald_slice_clear(&whole);
    bench_close(&bench);
}

ALD_TEST(msg, compact_leaves_a_block_that_is_mostly_its_own)
{
    struct bench bench = bench_open(ALD_REPLY);
    struct ald_block *block = NULL;

    ald_check_int(ald_block_new(100, &block), 0);
    memset(block->data, '1', 100);
    bench.msg->payload = ald_slice_of(block, block->data, 45);
    bench.msg->details = ald_slice_of(block, block->data + 50, 45);
    ald_check_int(ald_msg_compact(bench.msg), 0);
    ald_check_int(block->refs, 3);
    block = ald_block_unref(block);
    bench_close(&bench);
}

ALD_TEST(msg, costs_what_it_holds)
{
    struct bench bench = bench_open(ALD_COMMAND);
    size_t bare = ald_msg_cost(bench.msg);
    char big[1000] = {0};

    bench.msg->payload = ald_slice_static(ALD_STR("{}"));
    ald_check_int(ald_msg_cost(bench.msg), bare + 2);
    ald_check_int(ald_msg_set(bench.msg, &bench.msg->name, ald_str_of(big, sizeof(big))), 0);
    ald_check(ald_msg_cost(bench.msg) >= bare + 2 + sizeof(big));
    bench_close(&bench);
}

ALD_TEST(msg, finds_every_word_it_gives)
{
    for (int i = ALD_SUCCEEDED; i <= ALD_LOST; i++) {
        ald_check_int(ald_outcome_find(ald_str(ald_outcome_name((enum ald_outcome)i))), i);
    }
    for (int i = ALD_PHASE_SUBMITTED; i <= ALD_PHASE_DONE; i++) {
        ald_check_int(ald_phase_find(ald_str(ald_phase_name((enum ald_phase)i))), i);
    }
    for (int i = ALD_MODE_ANY; i <= ALD_MODE_ALL; i++) {
        ald_check_int(ald_mode_find(ald_str(ald_mode_name((enum ald_mode)i))), i);
    }
    for (int i = ALD_CAUSE_NONE + 1; i < ALD_N_CAUSES; i++) {
        ald_check_int(ald_cause_find(ald_str(ald_cause_word((enum ald_cause)i))), i);
        ald_check(ald_cause_text((enum ald_cause)i)[0] != '\0');
    }
    for (int i = ALD_COMMAND; i <= ALD_CANCEL; i++) {
        ald_check(ald_kind_name((enum ald_kind)i)[0] != '\0');
    }
}

ALD_TEST(msg, finds_no_word_that_is_none)
{
    ald_check_int(ald_outcome_find(ALD_STR("")), -1);
    ald_check_int(ald_outcome_find(ALD_STR_NONE), -1);
    ald_check_int(ald_cause_find(ALD_STR("")), -1);
    ald_check_int(ald_mode_find(ALD_STR("ANY")), -1);
    ald_check_int(ald_phase_find(ALD_STR("runnin")), -1);
}

ALD_TEST_MAIN(msg, ALD_CASE(msg, begins_with_everything_absent), ALD_CASE(msg, keeps_empty_and_absent_strings_apart),
              ALD_CASE(msg, moves_every_view_when_strings_outgrow_it),
              ALD_CASE(msg, is_given_back_clean_and_used_again), ALD_CASE(msg, shares_its_payload_and_lets_go_of_it),
              ALD_CASE(msg, compacts_only_what_pins_a_large_block),
              ALD_CASE(msg, compact_leaves_a_block_that_is_mostly_its_own), ALD_CASE(msg, costs_what_it_holds),
              ALD_CASE(msg, finds_every_word_it_gives), ALD_CASE(msg, finds_no_word_that_is_none))
