/* defect:  welcomes-nobody
 * of:      ref-schedule
 * breaks:  dialogue/as-written
 * why:     It waits for the client to speak first, and the client waits for its
 *          greeting.
 * source:  the dialogue file
 * cause:   The server says nothing before the client does, and the dialogue has
 *          a greeting.
 * fix:     send the greeting right after accept, in the child
 * seen:    greeting-missing
 */
#include "server.h"
#include "schedule/schedule.h"

static enum next say(int connfd, const char *word, const char *rest)
{
    char line[LINE_SIZE + 32];
    int n = snprintf(line, sizeof line, "%s%s\n", word, rest);
    return send_all(connfd, line, (size_t)n) < 0 ? BROKEN : GO_ON;
}

enum next greet(int connfd)
{
    return connfd < 0 ? BROKEN : GO_ON;
}

static enum next show(const char *user, int connfd)
{
    char *entries = entries_of(user);
    if (entries == NULL)
        return say(connfd, "ERROR ", "the schedule cannot be read");
    int failed = send_all(connfd, entries, strlen(entries));
    free(entries);
    return failed < 0 ? BROKEN : say(connfd, "END", "");
}

enum next answer(struct session *session, int connfd, const char *line)
{
    if (strcmp(line, "QUIT") == 0)
        return say(connfd, "bye", "") == BROKEN ? BROKEN : OVER;
    if (strncmp(line, "LOGIN ", 6) == 0) {
        snprintf(session->user, NAME_SIZE, "%s", line + 6);
        return say(connfd, "OK ", session->user);
    }
    if (session->user[0] == '\0')
        return say(connfd, "ERROR ", "LOGIN first");
    if (strcmp(line, "SHOW") == 0)
        return show(session->user, connfd);
    if (strncmp(line, "ADD ", 4) == 0) {
        if (add_entry(session->user, line + 4) < 0)
            return say(connfd, "ERROR ", "the entry cannot be kept");
        return say(connfd, "ADDED ", line + 4);
    }
    return say(connfd, "ERROR ", "known are LOGIN, ADD, SHOW and QUIT");
}
