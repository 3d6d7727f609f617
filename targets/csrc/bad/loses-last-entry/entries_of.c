/* defect:  loses-last-entry
 * of:      ref-schedule
 * breaks:  dialogue/as-written
 * why:     The loop that reads the entries ends at the last line and does not
 *          look at it.
 * source:  fgets(3); feof(3)
 * cause:   The loop over the lines of the schedule ends one line too early.
 * fix:     test what the read returned, not whether the end of the file is
 *          reached: the last line comes before the end is known
 * seen:    first-to-come, reply-wrong
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
    for (char *line = text; (end = strchr(line, '\n')) != NULL && end[1] != 0;
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
