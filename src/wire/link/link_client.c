#include "base/error.h"
#include "wire/link/link_impl.h"

int ald_link_client_hear(struct ald_link *link, ald_usec now, const struct ald_link_frame *frame,
                         struct ald_slice bytes)
{
    (void)now;
    (void)frame;
    (void)bytes;
    ald_link_count(link, ALD_LINK_N_UNEXPECTED);
    return 0;
}

int ald_link_client_tell(struct ald_link *link, ald_usec now, const struct ald_signal *signal)
{
    (void)now;
    (void)signal;
    ald_link_drop(link);
    return 0;
}
