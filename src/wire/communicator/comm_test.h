#pragma once

/* What the unit tests of the dialect share: one end, what it heard and what it wrote. */

#include "lib/comm_pair.h"
#include "lib/test.h"
#include "wire/communicator/comm_dialect.h"

static struct comm_world world;
static struct comm_end end;

static inline struct ald_comm *inside(struct comm_end *of)
{
    return ald_container(of->dialect, struct ald_comm, dialect);
}

static inline void open_end(enum ald_role role, uint32_t variant)
{
    comm_world_open(&world);
    comm_open(&world, &end, role, variant);
}

static inline void close_end(void)
{
    comm_close(&end);
    comm_world_close(&world);
}

/* What was heard since the last look. */
static inline void check_heard(const char *lines)
{
    ald_check_str(ald_buf_str(&end.heard), lines);
    ald_buf_cut(&end.heard, 0);
}

static inline void check_written(const char *lines)
{
    ald_check_str(ald_buf_str(&end.written), lines);
    ald_buf_cut(&end.written, 0);
}

/* Feed `line` and look at both. */
static inline void check_says(const char *line, const char *heard, const char *written)
{
    comm_feed(&world, &end, ald_str(line));
    check_heard(heard);
    check_written(written);
}

static inline void say(const char *line)
{
    comm_feed(&world, &end, ald_str(line));
    ald_buf_cut(&end.heard, 0);
    ald_buf_cut(&end.written, 0);
}

/* Give `signal`, and look at what is written. */
static inline void check_tells(struct ald_signal *signal, const char *written)
{
    comm_emit(&world, &end, signal);
    check_written(written);
}

/* A service called `name`. */
static inline void open_service(const char *name)
{
    char line[100];

    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE);
    (void)snprintf(line, sizeof(line), "REGISTER service=%s;version=1\n", name);
    say(line);
    comm_registered(&world, &end, NULL);
    comm_registered(&world, &end, name);
    ald_buf_cut(&end.written, 0);
}

/* A link to the daemon n2, which dialled. */
static inline void open_peer(void)
{
    open_end(ALD_ROLE_HUB, ALD_COMMUNICATOR_REMOTE);
    say("<n2:communicatord CONNECT my_address=10.0.0.2:4042;server_name=n2;version=1\n");
    comm_registered(&world, &end, "hub:n2");
    ald_buf_cut(&end.written, 0);
}
