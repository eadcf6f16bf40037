#include "transport/dial.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "transport/bottom.h"
#include "transport/sockaddr.h"
#include "transport/tls_impl.h"
#include "transport/ws_stream.h"

enum { DIAL_HOST_MAX = 300 };

/* The Host of RFC 9110 7.2: the port is left out where it is the scheme's own. */
static void host_make(const struct ald_dial_spec *spec, char host[DIAL_HOST_MAX])
{
    const struct ald_place *place = &spec->place;
    uint16_t usual = spec->tls != NULL ? 443 : 80;
    bool naked = place->bottom == ALD_BOTTOM_TCP && strchr(place->name, ':') != NULL && place->name[0] != '[';

    if (place->bottom != ALD_BOTTOM_TCP) {
        snprintf(host, DIAL_HOST_MAX, "localhost");
    } else if (place->port == usual) {
        snprintf(host, DIAL_HOST_MAX, naked ? "[%s]" : "%s", place->name);
    } else {
        snprintf(host, DIAL_HOST_MAX, naked ? "[%s]:%u" : "%s:%u", place->name, (unsigned)place->port);
    }
}

/* The name to find in the certificate: without the brackets of a URL. */
static void tls_name_make(const struct ald_dial_spec *spec, char name[DIAL_HOST_MAX])
{
    const char *from = spec->tls_name != NULL                 ? spec->tls_name
                       : spec->place.bottom == ALD_BOTTOM_TCP ? spec->place.name
                                                              : "localhost";
    size_t size = strlen(from);

    if (size >= 2 && from[0] == '[' && from[size - 1] == ']') {
        snprintf(name, DIAL_HOST_MAX, "%.*s", (int)(size - 2), from + 1);
    } else {
        snprintf(name, DIAL_HOST_MAX, "%s", from);
    }
}

/* Stack on `*stream` what the spec wants; on failure `*stream` is what there is so far. */
static int dial_stack(const struct ald_dial_spec *spec, const struct ald_stream_options *options,
                      struct ald_stream **stream)
{
    char name[DIAL_HOST_MAX];
    int r;

    if (spec->tls != NULL) {
        tls_name_make(spec, name);
        r = ald_tls_stack(*stream, spec->tls, ALD_TLS_CLIENT, name, options, stream);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    if (spec->ws != NULL) {
        host_make(spec, name);
        r = ald_ws_dial(*stream, spec->ws, name, options, stream);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    return 0;
}

int ald_dial(struct ald_net *net, const struct ald_dial_spec *spec, const struct ald_stream_callbacks *callbacks,
             void *owner, struct ald_stream **ret_stream)
{
    struct ald_stream_options options;
    struct ald_stream *stream = NULL;
    int r;

    ald_assert(spec->place.name != NULL);
    if (spec->options != NULL) {
        options = *spec->options;
    } else {
        ald_stream_options_init(&options);
    }
    if (spec->ws != NULL && strlen(spec->place.name) > DIAL_HOST_MAX / 2) {
        return ald_trace(ALDIS_E_INVALID);
    }
    r = ald_bottom_get(spec->place.bottom)->dial(net, &spec->place, &options, &stream);
    if (r < 0) {
        return ald_trace(r);
    }
    r = dial_stack(spec, &options, &stream);
    if (r < 0) {
        ald_stream_free(stream);
        return r;
    }
    net->counters.dialed++;
    ald_stream_own(stream, callbacks, owner);
    *ret_stream = stream;
    return 0;
}

bool ald_dial_is_far(const char *host)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    union ald_sockaddr address = {.family = AF_UNSPEC};

    if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
        address.in = in;
    } else if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
        address.in6 = in6;
    }
    return !ald_sockaddr_lan(&address);
}
