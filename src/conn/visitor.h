#pragma once

/*
 * Visitor: somebody who came in through a door and still speaks HTTP.
 *
 * Requests are answered one by one, in order, as they come in; several may come at once (pipelining), and while
 * answers wait to be read no further request is looked at, so what a visitor can make us hold is one read block and
 * the answers below VISITOR_QUEUE_MAX plus one.
 *
 * Lifetime:   ald_visitor_new() until it is cut, closed, gone, or became a connection; ald_visitor_drop() when its
 *             door closes.
 * Threading:  the loop's thread only.
 */

#include "conn/door.h"

struct ald_stream;

/* Make a visitor of `stream` (takes) that the listener of `door` accepted. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_visitor_new(struct ald_door *door, struct ald_stream *stream);
/* End the visitor in `node` of its door's list. */
void ald_visitor_drop(struct ald_node *node);
