#pragma once

/*
 * Pipe: the hub's end of a wire: a stream that stands where a socket would, and takes as much as the wire has room for.
 *
 * Lifetime:   cuts_pipe_new() until its owner has given it up and it has ended; the wire's pointer to it is NULL then.
 */

#include "cuts/wire.h"

/* Comes in at the listener at once. */
struct cuts_pipe *cuts_pipe_new(struct ald_net *net, struct ald_listener *listener, struct cuts_wire *wire);
/* Bytes from the client. False: they are not read now. */
bool cuts_pipe_give(struct cuts_pipe *pipe, struct ald_str bytes);
/* There is more room. */
void cuts_pipe_allow(struct cuts_pipe *pipe);
/* The hub has ended its side, and everything before is with the kernel. */
bool cuts_pipe_finished(const struct cuts_pipe *pipe);
/* The client ends its side. */
void cuts_pipe_end(struct cuts_pipe *pipe);
void cuts_pipe_break(struct cuts_pipe *pipe);
