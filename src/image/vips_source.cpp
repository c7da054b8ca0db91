#include "vips_source.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace {

// The names are those of GObject's convention, which its macro insists on.
struct SmaPartsSource {
    VipsSource parent;
    std::vector<std::string_view> const* parts;
    sma::image::work_watch const* watch;
    gint64 length;
    gint64 position;
};

struct SmaPartsSourceClass {
    VipsSourceClass parent;
};

G_DEFINE_TYPE(SmaPartsSource, sma_parts_source, VIPS_TYPE_SOURCE)

SmaPartsSource* self_of(VipsSource* source) { return reinterpret_cast<SmaPartsSource*>(source); }

gint64 read_parts(VipsSource* source, void* buffer, std::size_t n) {
    auto* self = self_of(source);
    if (self->watch->is_over()) {
        vips_error("parts", "%s", "out of time");
        return -1;
    }
    auto* out = static_cast<char*>(buffer);
    std::size_t copied = 0;
    gint64 begin = 0;
    for (auto const& part : *self->parts) {
        gint64 const end = begin + static_cast<gint64>(part.size());
        if (self->position < end && copied < n) {
            auto const offset = static_cast<std::size_t>(self->position - begin);
            std::size_t const count = std::min(n - copied, part.size() - offset);
            std::memcpy(out + copied, part.data() + offset, count);
            copied += count;
            self->position += static_cast<gint64>(count);
        }
        begin = end;
    }
    return static_cast<gint64>(copied);
}

gint64 seek_parts(VipsSource* source, gint64 offset, int whence) {
    auto* self = self_of(source);
    gint64 const base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? self->position : self->length;
    gint64 const target = base + offset;
    if (target < 0 || target > self->length) return -1;
    self->position = target;
    return target;
}

void sma_parts_source_class_init(SmaPartsSourceClass* type) {
    VIPS_OBJECT_CLASS(type)->nickname = "parts_source";
    type->parent.read = read_parts;
    type->parent.seek = seek_parts;
}

void sma_parts_source_init(SmaPartsSource* self) {
    self->parts = nullptr;
    self->watch = nullptr;
    self->length = 0;
    self->position = 0;
}

}  // namespace

namespace sma::image {

VipsSource* new_parts_source(std::vector<std::string_view> const& parts, work_watch const& watch) {
    auto* source = VIPS_SOURCE(g_object_new(sma_parts_source_get_type(), nullptr));
    auto* self = self_of(source);
    self->parts = &parts;
    self->watch = &watch;
    for (auto const& part : parts) self->length += static_cast<gint64>(part.size());
    if (vips_object_build(VIPS_OBJECT(source)) != 0) {
        g_object_unref(source);
        throw std::bad_alloc();
    }
    return source;
}

}  // namespace sma::image
