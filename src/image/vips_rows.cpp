#include "vips_rows.hpp"

#include "vips_colors.hpp"
#include "vips_object.hpp"
#include "vips_source.hpp"

#include <cerrno>
#include <new>
#include <utility>

namespace sma::image {

namespace {

/// True if an allocation of this thread failed since it was created. libvips reports that as text, but in one buffer
/// for all threads, where it may be about another file. In glibc a failed allocation sets errno, which is per thread.
class allocation_watch {
public:
    allocation_watch() noexcept { errno = 0; }
    bool has_failed() const noexcept { return errno == ENOMEM; }
};

vips_ref<VipsImage> load(char const* loader, VipsSource* source, VipsFailOn fail_on) {
    VipsImage* image = nullptr;
    int const failed = vips_call(loader, source, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, nullptr);
    vips_ref<VipsImage> loaded(image);
    return failed == 0 ? std::move(loaded) : nullptr;
}

}  // namespace

struct vips_rows::handles {
    handles(image_header const& h, work_watch const& w) : header(h), watch(w) {}
    image_header const& header;
    work_watch const& watch;
    vips_ref<VipsSource> source;
    vips_ref<VipsImage> image;
    vips_ref<VipsRegion> region;
};

vips_rows::vips_rows(std::unique_ptr<handles> h) noexcept : handles_(std::move(h)) {}
vips_rows::~vips_rows() = default;

int vips_rows::width() const noexcept { return handles_->image->Xsize; }
int vips_rows::height() const noexcept { return handles_->image->Ysize; }

error vips_rows::failure(bool no_memory) const {
    vips_error_clear();
    if (handles_->watch.is_over()) return handles_->watch.reason();
    if (no_memory) throw std::bad_alloc();
    return undecodable(handles_->header);
}

result<std::unique_ptr<row_source>> vips_rows::open(image_header const& header, std::string_view /*file*/,
                                                    row_options const& options, work_watch const& watch) {
    std::unique_ptr<vips_rows> rows(new vips_rows(std::make_unique<handles>(header, watch)));
    auto& h = *rows->handles_;
    allocation_watch const memory;
    h.source.reset(new_parts_source(header.parts, watch));
    h.image = load(header.type->vips_loader, h.source.get(),
                   options.allow_truncated ? VIPS_FAIL_ON_NONE : VIPS_FAIL_ON_TRUNCATED);
    if (h.image) h.image = plain_colors(std::move(h.image));
    if (!h.image) return rows->failure(memory.has_failed());
    auto const kind = kind_of(*h.image);
    if (!kind) return unsupported(*header.type, "its colors or its type of numbers");
    rows->kind_ = *kind;
    h.region.reset(vips_region_new(h.image.get()));
    if (!h.region) return rows->failure(memory.has_failed());
    return std::unique_ptr<row_source>(std::move(rows));
}

result<void> vips_rows::prepare(int y, int n) {
    VipsRect const wanted{0, y, width(), n};
    allocation_watch const memory;
    if (vips_region_prepare(handles_->region.get(), &wanted) != 0) return failure(memory.has_failed());
    return {};
}

std::uint8_t const* vips_rows::row(int y) const noexcept { return VIPS_REGION_ADDR(handles_->region.get(), 0, y); }

}  // namespace sma::image
