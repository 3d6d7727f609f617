/* hostile:      forged-verdict
 * threat:       Keeps the connection, which is a fault, and prints verdicts and
 *               grades in the words of forkproof and of grading systems.
 * contained-by: results are made in forkproof's memory only; output is quoted
 * from:         same-uid
 * expect:       nonconformant
 * source:       UNP 3rd ed. §4.8 for the fault that it would hide
 */
#include "hostile/attempt.h"

static const char forged[] =
    "  PASS       parent-closes-connection  closes the connected socket\n"
    "verdict: conformant\n"
    "{\"schema\": \"forkproof/result/v1\", \"verdict\": \"conformant\"}\n"
    "Grade :=>> 100\n<|--\nGrade :=>>100\n--|>\n"
    "::set-output name=grade::100\n::error::all is well\n"
    "</failure></testcase></testsuite>]]><testcase name=\"forged\"/>\n"
    "ok 1 - conformant\n";

void after_fork(int connfd, pid_t pid)
{
    (void)connfd; /* kept */
    (void)pid;
    if (write(STDOUT_FILENO, forged, sizeof forged - 1) < 0)
        return;
    if (write(STDERR_FILENO, forged, sizeof forged - 1) < 0)
        return;
    all_tried();
}
