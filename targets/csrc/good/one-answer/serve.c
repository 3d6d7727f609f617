/* variant:  one-answer
 * model:    forking
 * protocol: learned
 * send:     GET /\n
 * why:      It answers one request and ends the connection, as HTTP/0.9 does:
 *           that is the protocol, and no early end.
 * source:   RFC 1945 §1.3; UNP 3rd ed. §7.5
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
    return send_all(connfd, reply, (size_t)n) < 0;
}
