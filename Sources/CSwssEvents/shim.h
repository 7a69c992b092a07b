/*
 * The C interface by which SONiC's swss-common publishes events (common/events_wrap.h), found at run time: the library is on
 * switches alone.
 */
#pragma once
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

struct swss_parameter {
	const char *name;
	const char *value;
};

/* What a publisher is made of; all are NULL where there is none. */
struct swss_publisher {
	void *handle;
	int (*publish)(void *handle, const char *tag, const struct swss_parameter *parameters, uint32_t count);
	void (*close)(void *handle);
};

/* Of the events of `source`, by the library of that name, which stays loaded. */
static inline struct swss_publisher swss_open_publisher(const char *library, const char *source)
{
	struct swss_publisher publisher = { NULL, NULL, NULL };
	void *(*init)(const char *source);
	void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	if (!loaded)
		return publisher;
	*(void **)&init = dlsym(loaded, "events_init_publisher_wrap");
	*(void **)&publisher.publish = dlsym(loaded, "event_publish_wrap");
	*(void **)&publisher.close = dlsym(loaded, "events_deinit_publisher_wrap");
	if (init && publisher.publish && publisher.close)
		publisher.handle = init(source);
	return publisher;
}
