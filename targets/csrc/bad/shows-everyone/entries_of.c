/* defect:  shows-everyone
 * of:      ref-schedule
 * breaks:  dialogue/abandoned dialogue/own-answers
 * why:     It shows the entries of every user to each of them.
 * source:  the exercise: requests for schedules from different users
 * cause:   A client is shown the entries of all users.
 * fix:     compare the name of the user with that of each entry
 * seen:    reply-wrong, child-serves
 */
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
        if ((n = strcspn(line, "\t")) > 0) {
            size_t length = (size_t)(end + 1 - (line + n + 1));
            memmove(to, line + n + 1, length);
            to += length;
        }
    }
    *to = '\0';
    return text;
}
