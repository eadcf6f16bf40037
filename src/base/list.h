#pragma once

/*
 * An intrusive doubly linked ring. The head is a node of its own; a node that is in no list points at itself, so
 * removing twice is harmless and "is it linked" can be asked of the node.
 */

#include "base/defs.h"

struct ald_node {
    struct ald_node *prev;
    struct ald_node *next;
};

static inline void ald_node_init(struct ald_node *node)
{
    node->prev = node;
    node->next = node;
}

static inline bool ald_node_linked(const struct ald_node *node)
{
    return node->next != node;
}

/* For a head: the list has nothing in it. */
static inline bool ald_list_empty(const struct ald_node *head)
{
    return head->next == head;
}

static inline void ald_list_push_before(struct ald_node *where, struct ald_node *node)
{
    node->prev = where->prev;
    node->next = where;
    where->prev->next = node;
    where->prev = node;
}

static inline void ald_list_push_back(struct ald_node *head, struct ald_node *node)
{
    ald_list_push_before(head, node);
}

static inline void ald_list_push_front(struct ald_node *head, struct ald_node *node)
{
    ald_list_push_before(head->next, node);
}

static inline void ald_node_remove(struct ald_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    ald_node_init(node);
}

/* All of `other` behind all of `head`; `other` is empty then. */
static inline void ald_list_splice_back(struct ald_node *head, struct ald_node *other)
{
    if (ald_list_empty(other)) {
        return;
    }
    other->next->prev = head->prev;
    head->prev->next = other->next;
    other->prev->next = head;
    head->prev = other->prev;
    ald_node_init(other);
}

/* NULL when empty. */
static inline struct ald_node *ald_list_first(const struct ald_node *head)
{
    return ald_list_empty(head) ? NULL : head->next;
}

static inline struct ald_node *ald_list_pop_front(struct ald_node *head)
{
    struct ald_node *node = ald_list_first(head);

    if (node != NULL) {
        ald_node_remove(node);
    }
    return node;
}

/* Walks the list; the body may remove `it`, and nothing else. */
#define ald_list_each(it, head)                                                                     \
    for (struct ald_node *it = (head)->next, *it##_next = it->next; it != (head); it = it##_next, it##_next = it->next)

#define ald_list_entry(node, type, member) ald_container(node, type, member)
