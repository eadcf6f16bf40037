#include "transport/bottom.h"

#include <stdarg.h>
#include <stdio.h>

#include "transport/tls_impl.h"

static const struct ald_bottom *const bottoms[] = {
    [ALD_BOTTOM_TCP] = &ald_bottom_tcp,
    [ALD_BOTTOM_UNIX] = &ald_bottom_unix,
    [ALD_BOTTOM_INPROC] = &ald_bottom_inproc,
};
_Static_assert(ALD_COUNT(bottoms) == ALD_BOTTOM_COUNT, "every bottom has a row");

const struct ald_bottom *ald_bottom_get(enum ald_bottom_id id)
{
    ald_assert(id < ALD_BOTTOM_COUNT);
    return bottoms[id];
}

void ald_why_say(struct ald_why *why, const char *format, ...)
{
    va_list arguments;

    if (why == NULL) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(why->text, sizeof(why->text), format, arguments);
    va_end(arguments);
}

int ald_listen(struct ald_net *net, const struct ald_listen_spec *spec, const struct ald_listener_callbacks *callbacks,
               void *owner, struct ald_listener **ret_listener, struct ald_why *ret_why)
{
    struct ald_listener *listener = NULL;
    int r;

    ald_assert(callbacks->accepted != NULL && spec->place.name != NULL);
    ald_why_say(ret_why, "out of memory");
    r = ald_bottom_get(spec->place.bottom)->listen(net, spec, &listener, ret_why);
    if (r < 0) {
        return r;
    }
    listener->callbacks = callbacks;
    listener->owner = owner;
    listener->tls = spec->tls != NULL ? ald_tls_ref(spec->tls) : NULL;
    if (spec->options != NULL) {
        listener->options = *spec->options;
    } else {
        ald_stream_options_init(&listener->options);
    }
    net->n_listeners++;
    *ret_listener = listener;
    return 0;
}

void ald_listener_admit(struct ald_listener *listener, struct ald_stream *stream)
{
    struct ald_stream *top = stream;

    listener->net->counters.accepted++;
    if (listener->tls != NULL &&
        ald_tls_stack(stream, listener->tls, ALD_TLS_SERVER, NULL, &listener->options, &top) < 0) {
        listener->net->counters.no_memory++;
        ald_stream_free(stream);
        return;
    }
    listener->callbacks->accepted(listener->owner, listener, top);
}

const char *ald_listener_address(const struct ald_listener *listener)
{
    return listener->address;
}

uint16_t ald_listener_port(const struct ald_listener *listener)
{
    return listener->port;
}

bool ald_listener_loopback(const struct ald_listener *listener)
{
    return listener->loopback;
}

bool ald_listener_lan(const struct ald_listener *listener)
{
    return listener->loopback || listener->lan;
}

struct ald_listener *ald_listener_close(struct ald_listener *listener)
{
    if (listener == NULL) {
        return NULL;
    }
    ald_assert(listener->net->n_listeners > 0);
    listener->net->n_listeners--;
    (void)ald_tls_unref(listener->tls);
    listener->close(listener);
    return NULL;
}
