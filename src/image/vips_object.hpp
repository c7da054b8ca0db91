// Owner of one reference to an object of libvips, or another one of GLib's.
#pragma once

#include <memory>

#include <vips/vips.h>

namespace sma::image {

struct vips_unref {
    void operator()(void* object) const noexcept { g_object_unref(object); }
};
template <class T>
using vips_ref = std::unique_ptr<T, vips_unref>;

}  // namespace sma::image
