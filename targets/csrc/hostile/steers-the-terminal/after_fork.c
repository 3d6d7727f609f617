/* hostile:      steers-the-terminal
 * threat:       Keeps the connection, which is a fault, and prints what steers
 *               terminals, hides or turns round text, ends XML, or gives
 *               commands to CI systems, so that the report of it is not read.
 * contained-by: every report escapes what comes from the server
 * from:         same-uid
 * expect:       nonconformant
 * source:       ECMA-48; Unicode TR9; XML 1.0 §2.2
 */
#include "hostile/attempt.h"

static const char steering[] =
    /* clears the screen, sets its title and the clipboard */
    "\033[2J\033[1;1H\033]0;title\007\033]52;c;cm0gLXJm\007"
    "\033P$q\033\\ \233\061m \202\214 \x7f\b\b\b\b\r\v\f\n"
    "::error file=a.c,line=1::forged\n"
    "  ::add-mask::FAIL\n"
    "text ##[error]forged ##vso[task.complete result=Succeeded;] \n"
    "##teamcity[testFinished name='forged']\n"
    "]]> <![CDATA[ </system-out> & &#x1b; \001\002\003\010\016\037 \n"
    /* turns the reading order round, is not seen, breaks lines */
    "\342\200\256desrever\342\201\246 \342\200\213\357\273\277"
    "\302\233\063\061m \302\205 \342\200\250 \342\200\251\n"
    /* is not UTF-8 */
    "\377\376\300\257\355\240\200\364\220\200\200 \303\n"
    /* joiners, fillers, tags */
    "\360\237\207\251 \315\217 \343\205\244 \363\240\201\201\n"
    "last line, without an end \342\202";

void after_fork(int connfd, pid_t pid)
{
    (void)connfd; /* kept */
    (void)pid;
    all_tried();
    if (write(STDOUT_FILENO, steering, sizeof steering - 1) < 0)
        return;
}
