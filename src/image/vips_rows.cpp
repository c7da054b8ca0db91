#include "vips_rows.hpp"

#include "vips_source.hpp"

#include <cerrno>
#include <new>

namespace sma::image {

namespace {

struct unref {
    void operator()(void* object) const noexcept { g_object_unref(object); }
};
template <class T>
using ref = std::unique_ptr<T, unref>;

/// True if an allocation of this thread failed since it was created. libvips reports that as text, but in one buffer
/// for all threads, where it may be about another file. In glibc a failed allocation sets errno, which is per thread.
class allocation_watch {
public:
    allocation_watch() noexcept { errno = 0; }
    bool has_failed() const noexcept { return errno == ENOMEM; }
};

VipsImage* load(char const* loader, VipsSource* source, VipsFailOn fail_on) {
    VipsImage* image = nullptr;
    int const failed = vips_call(loader, source, &image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, nullptr);
    if (failed == 0) return image;
    if (image != nullptr) g_object_unref(image);
    return nullptr;
}

std::optional<pixel_kind> kind_of_bytes(VipsImage const* image, image_header const& header) {
    switch (image->Bands) {
        case 1:
            return pixel_kind::gray8;
        case 2:
            return pixel_kind::gray_alpha8;
        case 3:
            return pixel_kind::rgb8;
        case 4:
            break;
        default:
            return std::nullopt;
    }
    if (image->Type == VIPS_INTERPRETATION_CMYK) return pixel_kind::cmyk8;
    return header.premultiplied ? pixel_kind::rgba8_premultiplied : pixel_kind::rgba8;
}

std::optional<pixel_kind> kind_of_words(VipsImage const* image, image_header const& header) {
    switch (image->Bands) {
        case 1:
            return pixel_kind::gray16;
        case 2:
            return pixel_kind::gray_alpha16;
        case 3:
            return pixel_kind::rgb16;
        case 4:
            break;
        default:
            return std::nullopt;
    }
    if (image->Type == VIPS_INTERPRETATION_CMYK) return pixel_kind::cmyk16;
    return header.premultiplied ? pixel_kind::rgba16_premultiplied : pixel_kind::rgba16;
}

std::optional<pixel_kind> kind_of(VipsImage const* image, image_header const& header) {
    if (image->Coding != VIPS_CODING_NONE || image->Type == VIPS_INTERPRETATION_LAB) return std::nullopt;
    if (image->BandFmt == VIPS_FORMAT_UCHAR) return kind_of_bytes(image, header);
    if (image->BandFmt == VIPS_FORMAT_USHORT) return kind_of_words(image, header);
    if (image->Bands != 1) return std::nullopt;
    switch (image->BandFmt) {
        case VIPS_FORMAT_SHORT:
            return pixel_kind::signed16;
        case VIPS_FORMAT_UINT:
            return pixel_kind::unsigned32;
        case VIPS_FORMAT_INT:
            return pixel_kind::signed32;
        case VIPS_FORMAT_FLOAT:
            return pixel_kind::real32;
        case VIPS_FORMAT_DOUBLE:
            return pixel_kind::real64;
        default:
            return std::nullopt;
    }
}

}  // namespace

struct vips_rows::handles {
    handles(image_header const& h, work_watch const& w) : header(h), watch(w) {}
    image_header const& header;
    work_watch const& watch;
    ref<VipsSource> source;
    ref<VipsImage> image;
    ref<VipsRegion> region;
};

vips_rows::vips_rows(std::unique_ptr<handles> h) noexcept : handles_(std::move(h)) {}
vips_rows::~vips_rows() = default;

int vips_rows::width() const noexcept { return handles_->image->Xsize; }
int vips_rows::height() const noexcept { return handles_->image->Ysize; }

error vips_rows::failure(bool no_memory) const {
    vips_error_clear();
    if (handles_->watch.is_over()) return handles_->watch.reason();
    if (no_memory) throw std::bad_alloc();
    return damaged(*handles_->header.type, "it cannot be decoded");
}

result<std::unique_ptr<row_source>> vips_rows::open(image_header const& header, std::string_view /*file*/,
                                                    row_options const& options, work_watch const& watch) {
    std::unique_ptr<vips_rows> rows(new vips_rows(std::make_unique<handles>(header, watch)));
    auto& h = *rows->handles_;
    allocation_watch const memory;
    h.source.reset(new_parts_source(header.parts, watch));
    h.image.reset(load(header.type->vips_loader, h.source.get(),
                       options.allow_truncated ? VIPS_FAIL_ON_NONE : VIPS_FAIL_ON_TRUNCATED));
    if (!h.image) return rows->failure(memory.has_failed());
    auto const kind = kind_of(h.image.get(), header);
    if (!kind) {
        return error(errc::preprocessing_failed, "the " + std::string(header.type->title) +
                                                     " file has an unsupported pixel type; save it as 8-bit RGB");
    }
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
