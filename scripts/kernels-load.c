/*
 * kernels-load OBJECT...: loads every program of BPF objects, each alone, and says what the kernel's verifier thinks of it.
 * Exit code 1 when one was refused.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

enum { STATISTICS = 4, TRACE = 1, NO_MORE = 1, LAST_LINES = 25 };
static char said[4096]; /* what libbpf had to say */
static char verifier[16 << 20];

static int keep(enum libbpf_print_level level, const char *format, va_list arguments)
{
	size_t used = strlen(said);

	if (level == LIBBPF_WARN)
		vsnprintf(said + used, sizeof(said) - used, format, arguments);
	return 0;
}

/* Loads the program with this number, all others left out; answers 0, NO_MORE or a negative error. */
static int load(const char *path, int number, int log_level, char *name, size_t size)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program, *wanted = NULL;
	int error, at = 0;

	said[0] = verifier[0] = 0;
	if (!object)
		return -errno;
	bpf_object__for_each_program(program, object) {
		bpf_program__set_autoload(program, at == number);
		if (at++ == number)
			wanted = program;
	}
	error = NO_MORE;
	if (wanted) {
		snprintf(name, size, "%s", bpf_program__name(wanted));
		bpf_program__set_log_buf(wanted, verifier, sizeof(verifier));
		bpf_program__set_log_level(wanted, log_level);
		error = bpf_object__load(object);
	}
	bpf_object__close(object);
	return error;
}

static void print_last_lines(const char *text)
{
	const char *from = text + strlen(text);

	for (int lines = 0; from > text && lines <= LAST_LINES; from--)
		lines += from[-1] == '\n';
	printf("%s", from);
}

static int refused(const char *path)
{
	int error = 0, refused = 0;
	char name[128] = "";

	for (int number = 0;; number++) {
		const char *processed;

		/* The statistics alone are short; the whole trace of a large program that loads would be megabytes. */
		error = load(path, number, STATISTICS, name, sizeof(name));
		if (error == NO_MORE)
			break;
		if (error) {
			int again = load(path, number, TRACE, name, sizeof(name));

			printf("%-32s REFUSED: %s\n%s", name, strerror(-error), said);
			print_last_lines(verifier);
			if (!again)
				printf("(loaded when tried again)\n");
			refused++;
			if (!name[0])
				break;
			continue;
		}
		processed = strstr(verifier, "processed ");
		printf("%-32s ok, the verifier %s", name, processed ? processed : "says nothing\n");
	}
	return refused;
}

int main(int count, char **paths)
{
	int bad = 0;

	libbpf_set_print(keep);
	for (int i = 1; i < count; i++) {
		printf("%s\n", paths[i]);
		bad += refused(paths[i]);
	}
	return bad > 0;
}
