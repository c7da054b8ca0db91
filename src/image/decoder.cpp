#include "sma/image/decoder.hpp"

#include "sma/image/format_names.hpp"
#include "sma/image/vips_library.hpp"

#include "color_converter.hpp"
#include "image_header.hpp"
#include "limits.hpp"
#include "resampler.hpp"
#include "row_source.hpp"
#include "work_watch.hpp"

#include <algorithm>
#include <cstring>

namespace sma::image {

namespace {

/// Provides the needed part of each canvas row: the frame's pixels, and the background around it.
class canvas_rows {
public:
    canvas_rows(image_header const& header, int shrink, int begin, int end) noexcept
        : background_(header.background), frame_(header.frame), begin_(begin), end_(end) {
        if (header.whole_canvas) frame_ = {0, 0, shrunk(header.width, shrink), shrunk(header.height, shrink)};
        left_ = std::clamp(frame_.x, begin, end);
        right_ = std::clamp(frame_.x + frame_.width, left_, end);
    }

    frame_area const& frame() const noexcept { return frame_; }

    /// Row y of the frame, and what is beside it.
    void write(row_source const& rows, int y, row_converter convert, std::uint8_t* out) const noexcept {
        fill(begin_, left_, out);
        fill(right_, end_, out);
        if (left_ == right_) return;
        auto const column = static_cast<std::size_t>(left_ - frame_.x - rows.first_column());
        convert(rows.row(y) + column * bytes_of(rows.kind()), right_ - left_, out + offset(left_));
    }
    /// A row above or below the frame.
    void write_background(std::uint8_t* out) const noexcept { fill(begin_, end_, out); }

    /// The columns of the frame that are needed.
    result<void> narrow(row_source& rows) const {
        return left_ == right_ ? result<void>() : rows.narrow(left_ - frame_.x, right_ - frame_.x);
    }

private:
    std::size_t offset(int x) const noexcept { return static_cast<std::size_t>(x - begin_) * 3; }

    void fill(int from, int to, std::uint8_t* out) const noexcept {
        for (int x = from; x < to; ++x) std::copy(background_.begin(), background_.end(), out + offset(x));
    }

    rgb background_;
    frame_area frame_;
    int begin_;
    int end_;
    int left_ = 0;
    int right_ = 0;
};

}  // namespace

class decoder::impl {
public:
    explicit impl(decode_options options) : options_(std::move(options)) {
        initialize_library();
        if (options_.formats.empty()) options_.formats = format_names();
    }

    result<dimensions> probe(std::string_view bytes) {
        if (auto header = examine(bytes); header.has_error()) return header.error();
        bool const transpose = turn().transpose;
        return dimensions{transpose ? header_.height : header_.width, transpose ? header_.width : header_.height};
    }

    result<void> decode(std::string_view bytes, request_context const& context, preprocess_options const& how,
                        tensor_buffer& out) {
        work_watch const watch(context, options_.decode_timeout);
        auto const& format = out.format();
        if (auto done = resample(bytes, watch, how, format.width, format.height); done.has_error()) return done;
        normalizer_.write(finished_crop(format.width, format.height), how, out);
        return {};
    }

    result<std::vector<std::uint8_t>> decode_crop(std::string_view bytes, preprocess_options const& how) {
        request_context const context;
        work_watch const watch(context, options_.decode_timeout);
        int const side = how.crop;
        if (auto done = resample(bytes, watch, how, side, side); done.has_error()) return done.error();
        auto const* crop = finished_crop(side, side);
        return std::vector<std::uint8_t>(crop, crop + std::size_t(side) * std::size_t(side) * 3);
    }

private:
    // Colors are converted last, when few pixels are left.
    std::uint8_t const* finished_crop(int width, int height) {
        auto const* const crop = resampler_.crop();
        if (!options_.convert_colors) return crop;
        return colors_.convert(header_, crop, static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    }

    orientation turn() const noexcept {
        return orientation::from_exif(options_.apply_exif_orientation ? header_.orientation.value() : 1);
    }

    result<void> examine(std::string_view bytes) {
        auto const type = allowed_format(bytes, options_);
        if (type.has_error()) return type.error();
        header_.reset(**type);
        if (auto read = (*type)->read_header(header_, bytes, options_.pages_max); read.has_error()) return read;
        return check_limits(header_, bytes, options_);
    }

    // The smallest scale of a JPEG at which twice the needed resolution remains.
    int shrink(int resize) const noexcept {
        if (!options_.jpeg_shrink || header_.type != &jpeg_format) return 1;
        int const remaining = std::min(header_.width, header_.height) / (2 * resize);
        return remaining >= 8 ? 8 : remaining >= 4 ? 4 : remaining >= 2 ? 2 : 1;
    }

    result<void> resample(std::string_view bytes, work_watch const& watch, preprocess_options const& wanted,
                          int crop_width, int crop_height) {
        if (auto header = examine(bytes); header.has_error()) return header;
        if (watch.is_over()) return watch.reason();
        row_options const how{options_.allow_truncated, shrink(wanted.resize)};
        resampler_.begin({header_.width, header_.height, turn(), wanted.resize, crop_width, crop_height, wanted.filter,
                          how.shrink, wanted.mode});
        auto rows = header_.type->open_rows(header_, bytes, how, watch);
        if (rows.has_error()) return rows.error();
        return read(**rows, how.shrink, watch);
    }

    result<void> read(row_source& rows, int shrink, work_watch const& watch) {
        canvas_rows const canvas(header_, shrink, resampler_.first_column(), resampler_.end_column());
        auto const& frame = canvas.frame();
        if (frame.width != rows.width() || frame.height != rows.height()) {
            return damaged(*header_.type, "its header and its content differ");
        }
        if (auto narrowed = canvas.narrow(rows); narrowed.has_error()) return narrowed;
        return read_rows(rows, canvas, watch);
    }

    // The rows under the crop need not even be passed over where the file is known to be whole.
    int last_row_to_read(int height) const noexcept {
        bool const may_stop = header_.type == &jpeg_format && header_.has_end;
        return may_stop || options_.allow_truncated ? std::min(height, resampler_.end_row()) : height;
    }

    result<void> read_rows(row_source& rows, canvas_rows const& canvas, work_watch const& watch) {
        auto const& frame = canvas.frame();
        int const end = last_row_to_read(frame.height);
        int const top = std::clamp(resampler_.first_row() - frame.y, 0, end);
        int const bottom = std::clamp(resampler_.end_row() - frame.y, top, end);
        if (auto passed = pass(rows, 0, top, watch); passed.has_error()) return passed;
        push_background(canvas, std::min(frame.y, resampler_.end_row()) - resampler_.first_row());
        if (auto pushed = push(rows, top, bottom, canvas, watch); pushed.has_error()) return pushed;
        push_background(canvas, resampler_.end_row() - std::max(frame.y + frame.height, resampler_.first_row()));
        return pass(rows, bottom, end, watch);
    }

    static result<void> pass(row_source& rows, int y, int end, work_watch const& watch) {
        while (y < end) {
            if (watch.is_over()) return watch.reason();
            auto const next = rows.pass(y, end);
            if (next.has_error()) return next.error();
            y = *next;
        }
        return {};
    }

    result<void> push(row_source& rows, int y, int end, canvas_rows const& canvas, work_watch const& watch) {
        auto const convert = converter_of(rows.kind());
        while (y < end) {
            if (watch.is_over()) return watch.reason();
            int const n = std::min(strip_rows, end - y);
            if (auto prepared = rows.prepare(y, n); prepared.has_error()) return prepared;
            for (int const next = y + n; y < next; ++y) {
                canvas.write(rows, y, convert, resampler_.row_space());
                resampler_.push_row();
            }
        }
        return {};
    }

    void push_background(canvas_rows const& canvas, int n) {
        for (int i = 0; i < n; ++i) {
            canvas.write_background(resampler_.row_space());
            resampler_.push_row();
        }
    }

    decode_options options_;
    image_header header_;
    resampler resampler_;
    color_converter colors_;
    normalizer normalizer_;
};

decoder::decoder(decode_options options) : impl_(std::make_unique<impl>(std::move(options))) {}
decoder::~decoder() = default;
decoder::decoder(decoder&&) noexcept = default;

result<dimensions> decoder::probe(std::string_view bytes) { return impl_->probe(bytes); }
result<void> decoder::decode(std::string_view bytes, request_context const& context, preprocess_options const& how,
                             tensor_buffer& out) {
    return impl_->decode(bytes, context, how, out);
}
result<std::vector<std::uint8_t>> decoder::decode_crop(std::string_view bytes, preprocess_options const& how) {
    return impl_->decode_crop(bytes, how);
}

}  // namespace sma::image
