/* A user's schedule are the lines of the store that begin with the name. */
#include "server.h"
#include "schedule/schedule.h"
#include "schedule/store.h"

char *entries_of(const char *user)
{
    char *text = read_store();
    if (text == NULL)
        return NULL;
    size_t n = strlen(user);
    char *to = text;
    char *end;
    for (char *line = text; (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        if (strncmp(line, user, n) == 0 && line[n] == '\t') {
            size_t length = (size_t)(end + 1 - (line + n + 1));
            memmove(to, line + n + 1, length);
            to += length;
        }
    }
    *to = '\0';
    return text;
}
