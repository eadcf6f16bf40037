#include "hub/filters.h"

#include "lib/test.h"

static const struct ald_str all = {NULL, 0};

ALD_TEST(filters, meet_where_a_word_is_in_both)
{
    ald_check(ald_filters_meet(ALD_STR("a,b"), ALD_STR("c,b")));
    ald_check(!ald_filters_meet(ALD_STR("a,bc"), ALD_STR("b,c")));
    ald_check(ald_filters_meet(all, ALD_STR("c")));
    ald_check(ald_filters_meet(ALD_STR("c"), all));
    ald_check(ald_filters_meet(all, all));
    ald_check(!ald_filters_meet(all, ALD_STR("")));
    ald_check(!ald_filters_meet(ALD_STR(""), all));
    ald_check(!ald_filters_meet(ALD_STR(""), ALD_STR("a")));
}

ALD_TEST(filters, all_absorbs_what_is_added)
{
    char room[32];

    ald_check_str(ald_filters_add(ALD_STR("a,b"), ALD_STR("b,c,c"), room), "a,b,c");
    ald_check(!ald_str_present(ald_filters_add(all, ALD_STR("a"), room)));
    ald_check(!ald_str_present(ald_filters_add(ALD_STR("a"), all, room)));
    ald_check_str(ald_filters_add(ALD_STR(""), ALD_STR(",a,"), room), "a");
}

ALD_TEST(filters, from_all_only_all_can_be_taken)
{
    char room[32];

    ald_check_str(ald_filters_remove(ALD_STR("a,b,c"), ALD_STR("b"), room), "a,c");
    ald_check(!ald_str_present(ald_filters_remove(all, ALD_STR("a"), room)));
    ald_check_int((long long)ald_filters_remove(all, all, room).size, 0);
    ald_check(ald_str_present(ald_filters_remove(all, all, room)));
    ald_check_int((long long)ald_filters_remove(ALD_STR("a"), ALD_STR("a"), room).size, 0);
}

ALD_TEST_MAIN(filters, ALD_CASE(filters, meet_where_a_word_is_in_both), ALD_CASE(filters, all_absorbs_what_is_added),
              ALD_CASE(filters, from_all_only_all_can_be_taken))
