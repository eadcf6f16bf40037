#include "daemon/peer.h"

bool ald_peer_next(struct ald_str *list, struct ald_str *ret_item)
{
    size_t end;

    if (list->size == 0) {
        return false;
    }
    end = ald_str_find(*list, ALD_STR(","));
    *ret_item = ald_str_trim(ald_str_of(list->data, end));
    /* A comma at the end promises one more, and is left there to be found empty. */
    *list = end + 1 == list->size ? ald_str_from(*list, end) : ald_str_from(*list, ALD_MIN(end + 1, list->size));
    if (ald_str_equal(*list, ALD_STR(",")) && ret_item->size == 0) {
        *list = ald_str_from(*list, 1);
    }
    return true;
}

int ald_peer_parse(struct ald_str text, struct ald_url *ret_url, const char **ret_why)
{
    char copy[ALD_URL_MAX];

    if (text.size == 0) {
        *ret_why = "between commas stands the URL of a hub";
        return ALD_URL_MALFORMED;
    }
    if (text.size >= sizeof(copy) || memchr(text.data, '\0', text.size) != NULL) {
        *ret_why = "it is too long";
        return ALD_URL_MALFORMED;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return ald_url_parse_api(copy, ret_url, ret_why);
}
