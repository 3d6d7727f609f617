/* defect:   one-answer-in-part
 * of:       one-answer
 * breaks:   faults/short-write
 * why:      It writes its one answer once and closes: what a short write has
 *           not taken is lost, and the client sees a page that ends early.
 * source:   write(2), RETURN VALUE; UNP 3rd ed. §3.9
 * cause:    A write that took only a part is not continued before the
 *           connection is closed: the rest of the answer is lost.
 * fix:      loop until write has taken all n bytes, and close then
 * python:   use sendall() before close()
 * seen:     answer-short, client-ended
 */
#include "server.h"
#include <time.h>

int serve(int connfd)
{
    char request[1024], reply[200], when[40];
    size_t got = 0;
    time_t now = time(NULL);

    do {
        ssize_t n = receive(connfd, request + got, sizeof request - 1 - got);
        if (n <= 0)
            return 0;
        got += (size_t)n;
        request[got] = '\0';
    } while (strchr(request, '\n') == NULL && got < sizeof request - 1);
    strftime(when, sizeof when, "%H:%M:%S", gmtime(&now));
    int n = snprintf(reply, sizeof reply,
                     "It is %s here.\nThe rest of the page follows.\n", when);
    ssize_t sent;
    do {
        sent = send(connfd, reply, (size_t)n, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0;
}
