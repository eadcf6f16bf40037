/*
 * The input is known whole when the child starts, so it is laid into an anonymous file that becomes the child's
 * standard input: no pipe that fills up, no writer to drive, no SIGPIPE when the child does not read. The outputs are
 * pipes that the loop watches.
 *
 * libuv reaps the child. A process that is closed while its child runs is killed and stays, without an owner, until
 * libuv has reported its end; else it would remain a zombie.
 */

#include "loop/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "loop/loop_impl.h"

/* One read a turn of each output. */
enum { PROCESS_READ_SIZE = 16 * 1024 };

struct outlet {
    struct ald_process *process;
    struct ald_poll *poll; /* NULL: at its end */
    struct ald_buf bytes;
    bool cut;
};

struct ald_process {
    uv_process_t uv;
    struct ald_loop *loop;
    ald_process_fn fn; /* NULL: closed, or told */
    void *owner;
    struct outlet output, error;
    struct ald_alarm linger;
    struct ald_task report;
    struct ald_process_end end;
    bool group;
    bool handle; /* libuv knows `uv`, also when the program could not be started */
    bool exited;
    bool closed;
};

static void process_check(struct ald_process *process)
{
    bool ended = process->output.poll == NULL && process->error.poll == NULL;

    if (process->exited && ended && process->fn != NULL) {
        ald_task_push(process->loop, &process->report);
    }
}

static void outlet_close(struct outlet *outlet)
{
    outlet->poll = ald_poll_close(outlet->poll);
}

static void outlet_keep(struct outlet *outlet, struct ald_str bytes)
{
    size_t room = outlet->bytes.max - ald_buf_size(&outlet->bytes);

    if (bytes.size > room) {
        outlet->cut = true;
        bytes.size = room;
    }
    if (ald_buf_push(&outlet->bytes, bytes) != 0) {
        outlet->cut = true; /* memory is short: the same as too much output */
    }
}

static void outlet_ready(void *owner, int ready ALD_UNUSED)
{
    struct outlet *outlet = owner;
    char bytes[PROCESS_READ_SIZE];
    ssize_t n = read(ald_poll_fd(outlet->poll), bytes, sizeof(bytes));

    if (n > 0) {
        outlet_keep(outlet, ald_str_of(bytes, (size_t)n));
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        outlet_close(outlet);
        process_check(outlet->process);
    }
}

/* A grandchild keeps an output open: what came is what there is. */
static void linger_over(void *owner)
{
    struct ald_process *process = owner;

    outlet_close(&process->output);
    outlet_close(&process->error);
    process_check(process);
}

static void process_report(void *owner)
{
    struct ald_process *process = owner;
    ald_process_fn fn = process->fn;

    ald_alarm_stop(process->loop, &process->linger);
    process->fn = NULL;
    process->end.output = ald_buf_str(&process->output.bytes);
    process->end.error = ald_buf_str(&process->error.bytes);
    process->end.output_cut = process->output.cut;
    process->end.error_cut = process->error.cut;
    fn(process->owner, &process->end);
}

static void process_gone(uv_handle_t *handle)
{
    free(handle->data);
}

static void process_exited(uv_process_t *handle, int64_t status, int number)
{
    struct ald_process *process = handle->data;

    process->exited = true;
    process->end.status = number == 0 ? (int)status : -1;
    process->end.signal = number;
    if (process->closed) {
        uv_close((uv_handle_t *)&process->uv, process_gone);
        return;
    }
    ald_alarm_start(process->loop, &process->linger, ald_loop_now(process->loop) + ALD_PROCESS_LINGER);
    process_check(process);
}

/* Gives a descriptor that reads `input` from its start. */
static int input_open(struct ald_str input, int *ret_fd)
{
    int fd = memfd_create("input", MFD_CLOEXEC);

    if (fd < 0) {
        return ald_trace(errno == EMFILE || errno == ENFILE ? ALDIS_E_LIMIT : ALDIS_E_IO);
    }
    for (size_t done = 0; done < input.size;) {
        ssize_t n = write(fd, input.data + done, input.size - done);

        if (n < 0) {
            close(fd);
            return ald_trace(ALDIS_E_IO);
        }
        done += (size_t)n;
    }
    if (lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return ald_trace(ALDIS_E_IO);
    }
    *ret_fd = fd;
    return 0;
}

/* Open a pipe whose reading end `outlet` watches; gives the end the child writes to. */
static int outlet_open(struct outlet *outlet, struct ald_process *process, size_t max, int *ret_fd)
{
    int ends[2];
    int r;

    outlet->process = process;
    ald_buf_init(&outlet->bytes, max);
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return ald_trace(ALDIS_E_LIMIT);
    }
    r = ald_poll_new(process->loop, ends[0], outlet_ready, outlet, &outlet->poll);
    if (r < 0) {
        close(ends[0]);
        close(ends[1]);
        return ald_trace(r);
    }
    ald_poll_set(outlet->poll, ALD_POLL_READ);
    *ret_fd = ends[1];
    return 0;
}

/* The child gets the three descriptors as its 0, 1 and 2. */
static int process_spawn(struct ald_process *process, const struct ald_process_spec *spec, const int fds[3])
{
    uv_stdio_container_t stdio[3];
    uv_process_options_t options = {
        .exit_cb = process_exited,
        .file = spec->argv[0],
        .args = (char **)spec->argv, /* libuv only reads both */
        .env = (char **)spec->env,
        .stdio_count = 3,
        .stdio = stdio,
        .flags = spec->group ? UV_PROCESS_DETACHED : 0,
    };
    int r;

    for (int i = 0; i < 3; i++) {
        stdio[i].flags = UV_INHERIT_FD;
        stdio[i].data.fd = fds[i];
    }
    process->handle = true;
    r = uv_spawn(&process->loop->uv, &process->uv, &options);
    return r < 0 ? ald_trace(ald_loop_error(r)) : 0;
}

static int process_start(struct ald_process *process, const struct ald_process_spec *spec)
{
    int fds[3] = {-1, -1, -1};
    int r;

    r = input_open(spec->input, &fds[0]);
    if (r == 0) {
        r = outlet_open(&process->output, process, spec->output_max, &fds[1]);
    }
    if (r == 0) {
        r = outlet_open(&process->error, process, spec->output_max, &fds[2]);
    }
    if (r == 0) {
        r = process_spawn(process, spec, fds);
    }
    for (int i = 0; i < 3; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    return r;
}

/* What a process holds besides libuv's handle. */
static void process_release(struct ald_process *process)
{
    outlet_close(&process->output);
    outlet_close(&process->error);
    ald_buf_fini(&process->output.bytes);
    ald_buf_fini(&process->error.bytes);
    ald_alarm_stop(process->loop, &process->linger);
    ald_task_cancel(&process->report);
}

int ald_process_new(struct ald_loop *loop, const struct ald_process_spec *spec, ald_process_fn fn, void *owner,
                    struct ald_process **ret_process)
{
    struct ald_process *process = calloc(1, sizeof(*process));
    int r;

    if (process == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    process->uv.data = process;
    process->loop = loop;
    process->fn = fn;
    process->owner = owner;
    process->group = spec->group;
    ald_alarm_init(&process->linger, linger_over, process);
    ald_task_init(&process->report, process_report, process);

    r = process_start(process, spec);
    if (r < 0) {
        process_release(process);
        if (process->handle) {
            uv_close((uv_handle_t *)&process->uv, process_gone);
        } else {
            free(process);
        }
        return r;
    }
    loop->n_objects++;
    *ret_process = process;
    return 0;
}

void ald_process_kill(struct ald_process *process, int number)
{
    if (process->exited) {
        return;
    }
    /* It may have ended without our knowing yet; its number is not given to another before it is reaped. */
    if (process->group) {
        ald_ignore(kill(-process->uv.pid, number));
    } else {
        ald_ignore(uv_process_kill(&process->uv, number));
    }
}

struct ald_process *ald_process_close(struct ald_process *process)
{
    if (process == NULL) {
        return NULL;
    }
    ald_assert(process->loop->n_objects > 0);
    process->loop->n_objects--;
    process_release(process);
    process->fn = NULL;
    process->closed = true;
    if (process->exited) {
        uv_close((uv_handle_t *)&process->uv, process_gone);
    } else {
        ald_process_kill(process, SIGKILL);
    }
    return NULL;
}
