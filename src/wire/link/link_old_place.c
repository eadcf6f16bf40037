/*
 * Generation A has no addresses: a master sends a message on that its own tables say is to be sent on, to the instance that
 * `instance_id` in the payload names, or to all of them (link.md 1.4, 4.11). Our tables are the schemas of the hub
 * (docs/schemas.md): what they do not know, or not as one for instances, is for the hub.
 */

#include "msg/catalog.h"
#include "wire/link/link_impl.h"

static const struct ald_link_address the_hub = {.type = ALD_LINK_CONTROLLER, .request = {NULL, 0}};

int64_t ald_link_old_instance(struct ald_str payload)
{
    struct ald_json_field field = ALD_JSON_FIELD("instance_id");
    struct ald_json_scan scan;
    int64_t id;

    if (ald_json_scan(payload, ALD_JSON_STRICT, &field, 1, &scan) != 0 || ald_json_i64(field.value, &id) != 0) {
        return 0;
    }
    return id;
}

/*
 * A slave's word about an instance of its own is news from there, and does not go back. An event that names no instance is for all of
 * them if it is not for us.
 */
struct ald_link_address ald_link_old_place(const struct ald_link *link, const struct ald_link_asked *asked)
{
    bool is_event = asked->frame->type == ALD_LINK_TYPE_EVENT;
    unsigned places = link->lexicon != NULL ? link->lexicon->places(link->lexicon, asked->name, is_event) : 0;
    const struct ald_link_address everyone = {
        .type = ALD_LINK_BROADCAST, .id = ALD_LINK_INSTANCE, .request = ALD_STR_NONE};
    int64_t id;

    if ((places & ALD_PLACE_INSTANCE) == 0) {
        return the_hub;
    }
    id = ald_link_old_instance(asked->frame->data.raw);
    if (id != 0) {
        return ald_link_has_instance(link, id)
                   ? the_hub
                   : (struct ald_link_address){.type = ALD_LINK_INSTANCE, .id = id, .request = ALD_STR_NONE};
    }
    return is_event && (places & ALD_PLACE_CONTROLLER) == 0 ? everyone : the_hub;
}
