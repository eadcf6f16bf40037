#include "base/list.h"

#include "lib/test.h"

struct item {
    int number;
    struct ald_node node;
};

static struct item *item_of(struct ald_node *node)
{
    return ald_list_entry(node, struct item, node);
}

ALD_TEST(list, keeps_the_order_of_pushes)
{
    struct item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
    struct ald_node head;
    int expected = 0;

    ald_node_init(&head);
    ald_check(ald_list_empty(&head));
    ald_list_push_back(&head, &items[1].node);
    ald_list_push_back(&head, &items[3].node);
    ald_list_push_front(&head, &items[0].node);
    ald_list_push_before(&items[3].node, &items[2].node);

    ald_list_each (it, &head) {
        ald_check_int(item_of(it)->number, expected++);
    }
    ald_check_int(expected, 4);
}

ALD_TEST(list, removing_twice_is_harmless)
{
    struct ald_node head, node;

    ald_node_init(&head);
    ald_node_init(&node);
    ald_check(!ald_node_linked(&node));
    ald_list_push_back(&head, &node);
    ald_check(ald_node_linked(&node));
    ald_node_remove(&node);
    ald_node_remove(&node);
    ald_check(!ald_node_linked(&node));
    ald_check(ald_list_empty(&head));
}

ALD_TEST(list, walk_may_remove_where_it_stands)
{
    struct item items[5];
    struct ald_node head;
    int n_left = 0;

    ald_node_init(&head);
    for (int i = 0; i < 5; i++) {
        items[i].number = i;
        ald_list_push_back(&head, &items[i].node);
    }
    ald_list_each (it, &head) {
        if (item_of(it)->number % 2 == 0) {
            ald_node_remove(it);
        }
    }
    ald_list_each (it, &head) {
        ald_check(item_of(it)->number % 2 == 1);
        n_left++;
    }
    ald_check_int(n_left, 2);
}

ALD_TEST(list, pops_from_the_front_until_empty)
{
    struct item first = {.number = 1}, second = {.number = 2};
    struct ald_node head;

    ald_node_init(&head);
    ald_check(ald_list_pop_front(&head) == NULL);
    ald_list_push_back(&head, &first.node);
    ald_list_push_back(&head, &second.node);
    ald_check(ald_list_first(&head) == &first.node);
    ald_check(ald_list_pop_front(&head) == &first.node);
    ald_check(ald_list_pop_front(&head) == &second.node);
    ald_check(ald_list_pop_front(&head) == NULL);
}

ALD_TEST_MAIN(list, ALD_CASE(list, keeps_the_order_of_pushes), ALD_CASE(list, removing_twice_is_harmless),
              ALD_CASE(list, walk_may_remove_where_it_stands), ALD_CASE(list, pops_from_the_front_until_empty))
