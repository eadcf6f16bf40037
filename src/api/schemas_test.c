#include "base/str.h"
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aldis/caller.h"
#include "aldis/schemas.h"

#define ECHO                                                                                                           \
    "{\"name\":\"echo\",\"kind\":\"request\",\"schema\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":"      \
    "\"string\"}}},\"response\":{\"type\":\"string\"}}"
#define NOTE "{\"name\":\"note\",\"kind\":\"event\",\"schema\":{\"maximum\":3}}"

static struct aldis_schemas *set_new(void)
{
    struct aldis_schemas *schemas = NULL;

    ald_check_int(aldis_schemas_new(&schemas), 0);
    ald_check_int(aldis_schemas_add(schemas, ECHO, 0, NULL, 0), 0);
    ald_check_int(aldis_schemas_add(schemas, NOTE "ignored", strlen(NOTE), NULL, 0), 0);
    return schemas;
}

static struct aldis_client *client_new(void)
{
    const char *urls[] = {"ws://127.0.0.1:1", NULL};
    struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .urls = urls, .driven = true};
    struct aldis_client *client = NULL;

    ald_check_int(aldis_client_new(&options, NULL, 0, &client), 0);
    return client;
}

static int submit(struct aldis_client *client, const char *name, const char *payload)
{
    const struct aldis_command command = {ALDIS_COMMAND, .name = name, .payload = payload};

    return aldis_client_submit(client, &command, NULL, NULL, NULL);
}

static int event(struct aldis_client *client, const char *name, const char *payload)
{
    const struct aldis_command it = {ALDIS_COMMAND, .name = name, .payload = payload};

    return aldis_client_send(client, &it);
}

ALD_TEST(schemas, say_what_is_wrong_with_a_document)
{
    struct aldis_schemas *schemas = set_new();
    char why[200];

    ald_check_int(aldis_schemas_add(schemas, "{\"name\":\"x\"}", 0, why, sizeof(why)), ALDIS_E_INVALID);
    ald_check(strstr(why, "kind") != NULL);
    ald_check_int(aldis_schemas_add(schemas, ECHO, 0, why, sizeof(why)), 0); /* in the place of the first */
    ald_check_str(ald_str(why), "");
    aldis_schemas_free(schemas);
}

ALD_TEST(schemas, hold_back_what_breaks_them)
{
    struct aldis_schemas *schemas = set_new();
    struct aldis_client *client = client_new();

    ald_check_int(submit(client, "echo", "{\"text\":3}"), 0);
    ald_check_int(aldis_client_use_schemas(client, schemas), 0);
    ald_check_int(submit(client, "echo", "{\"text\":3}"), ALDIS_E_INVALID);
    ald_check_str(ald_str(aldis_schemas_fault()),
                  "Request echo failed validation: must be of type string at /text (rule #/properties/text/type)");
    ald_check_int(submit(client, "", "{}"), ALDIS_E_INVALID);
    ald_check_str(ald_str(aldis_schemas_fault()), ""); /* something else was wrong */
    ald_check_int(submit(client, "echo", NULL), ALDIS_E_INVALID);
    ald_check_int(submit(client, "echo", "{\"text\":\"3\"}"), 0);
    ald_check_int(submit(client, "other", "{\"text\":3}"), 0);
    ald_check_int(event(client, "note", "4"), ALDIS_E_INVALID);
    ald_check(strstr(aldis_schemas_fault(), "Event note failed validation: ") != NULL);
    ald_check_int(event(client, "note", "3"), ALDIS_SEND_AWAY);
    ald_check_int(event(client, "echo", "3"), ALDIS_SEND_AWAY); /* no event has this schema */
    ald_check_int(aldis_client_use_schemas(client, NULL), 0);
    ald_check_int(event(client, "note", "4"), ALDIS_SEND_AWAY);
    aldis_client_free(client);
    aldis_schemas_free(schemas);
}

ALD_TEST(schemas, of_a_client_do_not_change)
{
    struct aldis_schemas *schemas = set_new();
    struct aldis_client *client = client_new();
    char why[200];

    ald_check_int(aldis_client_use_schemas(client, schemas), 0);
    ald_check_int(aldis_schemas_add(schemas, NOTE, 0, why, sizeof(why)), ALDIS_E_INVALID);
    ald_check(strstr(why, "a client has the set") != NULL);
    aldis_schemas_free(schemas);
    ald_check_int(event(client, "note", "4"), ALDIS_E_INVALID); /* it has what it needs of them */
    aldis_client_free(client);
}

static void file_put(const char *folder, const char *name, const char *text)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    ald_check(file != NULL);
    ald_check(fputs(text, file) >= 0);
    ald_check_int(fclose(file), 0);
}

static void file_remove(const char *folder, const char *name)
{
    char path[200];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    ald_check_int(unlink(path), 0);
}

ALD_TEST(schemas, are_read_from_a_folder)
{
    char folder[] = "/tmp/aldis_schemas_XXXXXX";
    struct aldis_schemas *schemas = NULL;
    struct aldis_client *client = client_new();
    char why[300];

    ald_check(mkdtemp(folder) != NULL);
    file_put(folder, "a.json", ECHO);
    file_put(folder, "README", "no document");
    ald_check_int(aldis_schemas_new(&schemas), 0);
    ald_check_int(aldis_schemas_add_folder(schemas, folder, why, sizeof(why)), 0);
    file_put(folder, "b.json", "{}");
    ald_check_int(aldis_schemas_add_folder(schemas, folder, why, sizeof(why)), ALDIS_E_INVALID);
    ald_check(strstr(why, "/b.json: ") != NULL);
    ald_check_int(aldis_schemas_add_folder(schemas, "/nowhere/at/all", why, sizeof(why)), ALDIS_E_IO);
    ald_check(strstr(why, "/nowhere/at/all: ") != NULL);
    ald_check_int(aldis_client_use_schemas(client, schemas), 0);
    ald_check_int(submit(client, "echo", "1"), ALDIS_E_INVALID);
    aldis_client_free(client);
    aldis_schemas_free(schemas);
    file_remove(folder, "a.json");
    file_remove(folder, "b.json");
    file_remove(folder, "README");
    ald_check_int(rmdir(folder), 0);
}

ALD_TEST_MAIN(schemas, ALD_CASE(schemas, say_what_is_wrong_with_a_document),
              ALD_CASE(schemas, hold_back_what_breaks_them), ALD_CASE(schemas, of_a_client_do_not_change),
              ALD_CASE(schemas, are_read_from_a_folder))
