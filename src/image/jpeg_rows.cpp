#include "jpeg_rows.hpp"

#include "image_header.hpp"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <new>
#include <utility>
#include <vector>

#include <jerror.h>
#include <jpeglib.h>

namespace sma::image {

namespace {

// Upsampling does not look across the edges of the columns that are decoded.
constexpr int margin_columns = 2;
// Below it there is little to gain, and libjpeg-turbo may choose another way of upsampling.
constexpr int narrowest_columns = 64;
// Rows are passed over in pieces of so many pixels, some milliseconds each, because nothing looks at the clock
// meanwhile.
constexpr int pixels_a_pass = 1 << 20;

// State that the callbacks reach from the library's structure.
struct callback_state {
    std::jmp_buf failed;
    work_watch const* watch = nullptr;
    bool allow_truncated = false;
    bool ran_out = false;  ///< the file ended without its end marker
};

callback_state& state_of(j_common_ptr info) { return *static_cast<callback_state*>(info->client_data); }

[[noreturn]] void leave(j_common_ptr info) { std::longjmp(state_of(info).failed, 1); }

// A file may lack its end marker alone, which browsers do not mind. What asks for more than that is cut off: the
// library fills in what is missing, and warns.
void on_message(j_common_ptr info, int level) {
    bool const is_warning = level < 0;
    auto const& state = state_of(info);
    if (is_warning && state.ran_out && !state.allow_truncated) leave(info);
}
void on_output(j_common_ptr) {}

// Called between the rows of blocks while the scans of a progressive file are gathered.
void on_progress(j_common_ptr info) {
    if (state_of(info).watch->is_over()) leave(info);
}

void on_start(j_decompress_ptr) {}

// The arithmetic decoder takes what is missing for zeros and does not warn.
boolean on_empty(j_decompress_ptr info) {
    static JOCTET const end_marker[] = {0xff, JPEG_EOI};
    auto& state = state_of(reinterpret_cast<j_common_ptr>(info));
    if (!state.allow_truncated && (state.ran_out || info->arith_code)) {
        info->err->msg_code = JERR_INPUT_EOF;
        leave(reinterpret_cast<j_common_ptr>(info));
    }
    state.ran_out = true;
    info->src->next_input_byte = end_marker;
    info->src->bytes_in_buffer = sizeof end_marker;
    return TRUE;
}

void on_skip(j_decompress_ptr info, long n) {
    auto& source = *info->src;
    while (n > static_cast<long>(source.bytes_in_buffer)) {
        n -= static_cast<long>(source.bytes_in_buffer);
        on_empty(info);
        if (source.bytes_in_buffer == 2) return;  // the end marker of ours: there is nothing behind it to skip
    }
    source.next_input_byte += n;
    source.bytes_in_buffer -= static_cast<std::size_t>(n);
}

void on_end(j_decompress_ptr) {}

}  // namespace

// One structure a file: what a file lacks (Huffman tables, quantization tables) would else be what the file before it
// has left there, because jpeg_abort_decompress() keeps tables. Without its own Huffman tables a file has those of ITU
// T.81 K.3, which libjpeg-turbo puts in; without quantization tables it is refused.
//
// The functions that call setjmp keep no local that has a destructor: longjmp would not run it.
class jpeg_rows::library {
public:
    library(image_header const& header, std::string_view file, row_options const& options, work_watch const& watch)
        : header_(header), shrink_(options.shrink) {
        state_.watch = &watch;
        state_.allow_truncated = options.allow_truncated;
        info_.err = jpeg_std_error(&errors_);
        errors_.error_exit = leave;
        errors_.emit_message = on_message;
        errors_.output_message = on_output;
        info_.client_data = &state_;
        created_ = create();
        if (!created_) throw std::bad_alloc();
        source_ = {reinterpret_cast<JOCTET const*>(file.data()),
                   file.size(),
                   on_start,
                   on_empty,
                   on_skip,
                   jpeg_resync_to_restart,
                   on_end};
        progress_.progress_monitor = on_progress;
        info_.src = &source_;
        info_.progress = &progress_;
    }
    library(library const&) = delete;
    library& operator=(library const&) = delete;
    ~library() {
        if (created_) jpeg_destroy_decompress(&info_);
    }

    result<void> open() {
        if (!start()) return failure();
        if (state_.ran_out && !state_.allow_truncated && lacks_scans()) return failure();
        width_ = static_cast<int>(info_.output_width);
        row_bytes_ = std::size_t{info_.output_width} * static_cast<std::size_t>(info_.output_components);
        return {};
    }

    int width() const noexcept { return width_; }
    int height() const noexcept { return static_cast<int>(info_.output_height); }
    int first_column() const noexcept { return static_cast<int>(first_column_); }

    pixel_kind kind() const noexcept {
        switch (info_.out_color_space) {
            case JCS_GRAYSCALE:
                return pixel_kind::gray8;
            case JCS_CMYK:
                return pixel_kind::cmyk8_inverted;  // stored inverted, as Adobe does it and Pillow takes it
            default:
                return pixel_kind::rgb8;
        }
    }

    result<void> narrow(int begin, int end) {
        begin = std::max(0, begin - margin_columns);
        end = std::min(width_, end + margin_columns);
        if (end - begin < narrowest_columns || is_smoothed()) return {};
        if (!crop(begin, end - begin)) return failure();
        row_bytes_ = std::size_t{info_.output_width} * static_cast<std::size_t>(info_.output_components);
        return {};
    }

    result<int> pass(int y, int end) {
        int const n = std::min(std::max(1, pixels_a_pass / width_), end - y);
        strip_.resize(row_bytes_);
        if (!skip(n)) return failure();
        return y + n;
    }

    result<void> prepare(int y, int n) {
        strip_.resize(row_bytes_ * static_cast<std::size_t>(n));
        top_ = y;
        if (!read(n)) return failure();
        return {};
    }

    std::uint8_t const* row(int y) const noexcept {
        return strip_.data() + static_cast<std::size_t>(y - top_) * row_bytes_;
    }

private:
    bool create() {
        if (setjmp(state_.failed) != 0) return false;
        jpeg_create_decompress(&info_);
        return true;
    }

    bool start() {
        if (setjmp(state_.failed) != 0) return false;
        jpeg_read_header(&info_, TRUE);
        switch (info_.jpeg_color_space) {
            case JCS_GRAYSCALE:
                info_.out_color_space = JCS_GRAYSCALE;
                break;
            case JCS_RGB:
            case JCS_YCbCr:
                info_.out_color_space = JCS_RGB;
                break;
            case JCS_CMYK:
            case JCS_YCCK:
                info_.out_color_space = JCS_CMYK;
                break;
            default:
                return false;
        }
        info_.scale_num = 1;
        info_.scale_denom = static_cast<unsigned>(shrink_);
        jpeg_start_decompress(&info_);
        info_.progress = nullptr;  // from here on whoever asks for rows looks at the clock
        return true;
    }

    // Where several scans make up the image, one that is missing as a whole is not missed by the library.
    bool lacks_scans() noexcept {
        return info_.coef_bits == nullptr ? jpeg_has_multiple_scans(&info_) != FALSE : lacks_bits();
    }

    // A progressive file that lacks some of its scans: each block is smoothed by what its neighbors on both sides have.
    bool is_smoothed() const noexcept { return info_.coef_bits != nullptr && lacks_bits(); }

    bool lacks_bits() const noexcept {
        return std::any_of(info_.coef_bits, info_.coef_bits + info_.num_components, [](int const(&bits)[DCTSIZE2]) {
            return std::any_of(std::begin(bits), std::end(bits), [](int unknown) { return unknown != 0; });
        });
    }

    // Whole blocks are decoded: the first column is that of a block.
    bool crop(int begin, int columns) {
        if (setjmp(state_.failed) != 0) return false;
        auto width = static_cast<JDIMENSION>(columns);
        first_column_ = static_cast<JDIMENSION>(begin);
        jpeg_crop_scanline(&info_, &first_column_, &width);
        return true;
    }

    // jpeg_skip_scanlines() reads what it skips, except where that reaches the bottom: a file would seem to be whole
    // that is not. Hence the last row is decoded.
    bool skip(int n) {
        auto const rows = static_cast<JDIMENSION>(n);
        bool const reaches_bottom = info_.output_scanline + rows == info_.output_height;
        if (setjmp(state_.failed) != 0) return false;
        jpeg_skip_scanlines(&info_, reaches_bottom ? rows - 1 : rows);
        return !reaches_bottom || read(1);
    }

    bool read(int n) {
        if (setjmp(state_.failed) != 0) return false;
        JSAMPROW row = strip_.data();
        for (int i = 0; i < n; ++i, row += row_bytes_) {
            if (jpeg_read_scanlines(&info_, &row, 1) != 1) return false;
        }
        return true;
    }

    error failure() const {
        if (state_.watch->is_over()) return state_.watch->reason();
        if (errors_.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
        return undecodable(header_);
    }

    image_header const& header_;
    jpeg_decompress_struct info_{};
    jpeg_error_mgr errors_{};
    jpeg_source_mgr source_{};
    jpeg_progress_mgr progress_{};
    callback_state state_{};
    bool created_ = false;
    int const shrink_;
    int width_ = 0;
    JDIMENSION first_column_ = 0;
    std::size_t row_bytes_ = 0;
    int top_ = 0;
    std::vector<std::uint8_t> strip_;
};

jpeg_rows::jpeg_rows(std::unique_ptr<library> l) noexcept : library_(std::move(l)) {}
jpeg_rows::~jpeg_rows() = default;

result<std::unique_ptr<row_source>> jpeg_rows::open(image_header const& header, std::string_view file,
                                                    row_options const& options, work_watch const& watch) {
    std::unique_ptr<jpeg_rows> rows(new jpeg_rows(std::make_unique<library>(header, file, options, watch)));
    if (auto opened = rows->library_->open(); opened.has_error()) return opened.error();
    return std::unique_ptr<row_source>(std::move(rows));
}

int jpeg_rows::width() const noexcept { return library_->width(); }
int jpeg_rows::height() const noexcept { return library_->height(); }
pixel_kind jpeg_rows::kind() const noexcept { return library_->kind(); }
result<void> jpeg_rows::narrow(int begin, int end) { return library_->narrow(begin, end); }
int jpeg_rows::first_column() const noexcept { return library_->first_column(); }
result<int> jpeg_rows::pass(int y, int end) { return library_->pass(y, end); }
result<void> jpeg_rows::prepare(int y, int n) { return library_->prepare(y, n); }
std::uint8_t const* jpeg_rows::row(int y) const noexcept { return library_->row(y); }

}  // namespace sma::image
