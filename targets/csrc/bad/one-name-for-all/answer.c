/* defect:  one-name-for-all
 * model:   threads
 * of:      schedule-threads
 * breaks:  dialogue/abandoned dialogue/own-answers
 * why:     Who is logged in is a variable that all threads share: each client
 *          has the schedule of whoever logged in last.
 * source:  pthreads(7); UNP 3rd ed. §26.5
 * cause:   Threads share what belongs to one client, such as who is logged in;
 *          or a reply shows what belongs to all.
 * fix:     keep the name in the session of the client, which no other thread
 *          sees
 * seen:    reply-wrong
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
    return say(connfd, "Welcome", "");
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

static char logged_in[NAME_SIZE];

enum next answer(struct session *session, int connfd, const char *line)
{
    if (strcmp(line, "QUIT") == 0)
        return say(connfd, "bye", "") == BROKEN ? BROKEN : OVER;
    if (strncmp(line, "LOGIN ", 6) == 0) {
        snprintf(session->user, NAME_SIZE, "%s", line + 6);
        memcpy(logged_in, session->user, NAME_SIZE);
        return say(connfd, "OK ", session->user);
    }
    if (session->user[0] == '\0')
        return say(connfd, "ERROR ", "LOGIN first");
    if (strcmp(line, "SHOW") == 0)
        return show(logged_in, connfd);
    if (strncmp(line, "ADD ", 4) == 0) {
        if (add_entry(logged_in, line + 4) < 0)
            return say(connfd, "ERROR ", "the entry cannot be kept");
        return say(connfd, "ADDED ", line + 4);
    }
    return say(connfd, "ERROR ", "known are LOGIN, ADD, SHOW and QUIT");
}
