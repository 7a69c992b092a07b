#include "CLibbpf.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct bpf_object *clibbpf_open(const void *bytes, size_t size, const char *name, const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name, .btf_custom_path = btf);

	return bpf_object__open_mem(bytes, size, &options);
}

static _Thread_local char warning[512];

static int capture(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_WARN)
		vsnprintf(warning, sizeof(warning), format, arguments);
	return 0;
}

void clibbpf_capture_warnings(void)
{
	libbpf_set_print(capture);
}

const char *clibbpf_last_warning(void)
{
	return warning;
}

int clibbpf_tcx_attach(int program, int ifindex, enum bpf_attach_type type)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = CLIBBPF_F_BEFORE);

	return bpf_link_create(program, ifindex, type, &options);
}

/* struct bpf_link_info's tcx member is as its netns member, which old headers have: ifindex first. */
int clibbpf_tcx_info(int link, __u32 *ifindex, __u32 *program)
{
	struct bpf_link_info info;
	__u32 size = sizeof(info);
	int error;

	memset(&info, 0, sizeof(info));
	error = bpf_obj_get_info_by_fd(link, &info, &size);
	*ifindex = info.xdp.ifindex;
	*program = info.prog_id;
	return error;
}

int clibbpf_clsact_create(int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int error = bpf_tc_hook_create(&hook);

	return error == -EEXIST ? 0 : error ? error : 1;
}

int clibbpf_clsact_destroy(int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	return bpf_tc_hook_destroy(&hook);
}

int clibbpf_filter_attach(int ifindex, enum bpf_tc_attach_point point, int program, __u32 handle, __u32 priority,
			  int replace, __u32 *program_id)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .handle = handle, .priority = priority,
		    .flags = replace ? BPF_TC_F_REPLACE : 0);
	int error = bpf_tc_attach(&hook, &options);

	*program_id = options.prog_id;
	return error;
}

int clibbpf_filter_detach(int ifindex, enum bpf_tc_attach_point point, __u32 handle, __u32 priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = handle, .priority = priority);

	return bpf_tc_detach(&hook, &options);
}

int clibbpf_empty_program(void)
{
	const struct bpf_insn instructions[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "telegen_empty", "GPL", instructions, 2, NULL);
}

int clibbpf_repeat(int program, int count)
{
	unsigned char frame[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame), .repeat = count);

	return bpf_prog_test_run_opts(program, &options);
}
