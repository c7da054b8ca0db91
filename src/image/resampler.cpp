#include "resampler.hpp"

#include <algorithm>
#include <cstring>

namespace sma::image {

namespace {

constexpr std::size_t channels = 3;

std::size_t rounded_up(std::size_t bytes) noexcept {
    return (bytes + vertical_block_bytes - 1) / vertical_block_bytes * vertical_block_bytes;
}

}  // namespace

orientation orientation::from_exif(int value) noexcept {
    switch (value) {
        case 2:
            return {true, false, false};
        case 3:
            return {true, true, false};
        case 4:
            return {false, true, false};
        case 5:
            return {false, false, true};
        case 6:
            return {false, true, true};
        case 7:
            return {true, true, true};
        case 8:
            return {true, false, true};
        default:
            return {};
    }
}

void resampler::begin(crop_request const& request) {
    if (!(request == request_) || crop_.empty()) {
        request_ = {};
        bool const transpose = request.turn.transpose;
        int const width = transpose ? request.height : request.width;
        int const height = transpose ? request.width : request.height;
        bool const mirror_x = transpose ? request.turn.mirror_y : request.turn.mirror_x;
        bool const mirror_y = transpose ? request.turn.mirror_x : request.turn.mirror_y;
        auto const size = resized(width, height, request.resize, request.mode);
        make_resample_weights(x_, width, size.width, request.crop_width, request.filter, mirror_x, request.shrink);
        make_resample_weights(y_, height, size.height, request.crop_height, request.filter, mirror_y, request.shrink);
        crop_.assign(std::size_t(request.crop_width) * std::size_t(request.crop_height) * channels, 0);
        request_ = request;
        prepare_horizontal_weights();
        prepare_memory();
    }
    next_row_ = first_row();
    next_output_ = 0;
}

void resampler::prepare_horizontal_weights() {
    auto const& a = columns();
    int const longest = *std::max_element(a.length.begin(), a.length.end());
    int const pairs = (longest + 1) / 2;
    offsets_.resize(std::size_t(a.count));
    pair_weights_.assign(std::size_t(a.count) * std::size_t(pairs) * 8, 0);
    for (int i = 0; i < a.count; ++i) {
        offsets_[std::size_t(i)] = (a.first[std::size_t(i)] - a.begin) * int(channels);
        auto* out = pair_weights_.data() + std::size_t(i) * std::size_t(pairs) * 8;
        for (int t = 0; t < a.length[std::size_t(i)]; ++t) {
            auto* lane = out + (t / 2) * 8 + (t % 2) * 3;
            std::fill(lane, lane + channels, a.weights_of(i)[t]);
        }
    }
    horizontal_ = {offsets_.data(), pair_weights_.data(), pairs, a.count};
    sums_.resize(std::size_t(a.count) * channels + sums_slack);
}

void resampler::prepare_memory() {
    bool const transpose = request_.turn.transpose;
    auto const needed_columns = static_cast<std::size_t>(end_column() - first_column());
    std::size_t const slack = static_cast<std::size_t>(horizontal_.pairs) * 6 + row_slack_bytes;
    std::size_t const source_bytes = rounded_up(needed_columns * channels + slack);
    std::size_t const filtered_bytes = rounded_up(std::size_t(columns().count) * channels);
    ring_row_bytes_ = transpose ? source_bytes : filtered_bytes;

    auto const ring_rows = static_cast<std::size_t>(*std::max_element(rows().length.begin(), rows().length.end()));
    ring_memory_.assign(ring_rows * ring_row_bytes_, 0);
    ring_.resize(ring_rows);
    for (std::size_t i = 0; i < ring_rows; ++i) ring_[i] = ring_memory_.data() + i * ring_row_bytes_;
    source_row_.assign(source_bytes, 0);
    slots_.assign(1, source_row_.data());
    if (transpose) slots_ = ring_;
    taps_.resize(ring_rows);
    combined_.assign(ring_row_bytes_, 0);
    transposed_.assign(transpose ? std::size_t(rows().count) * std::size_t(columns().count) * channels : 0, 0);
}

void resampler::filter_row(std::uint8_t const* row, std::uint8_t* out) {
    kernels_.horizontal(row, horizontal_, sums_.data(), out);
}

void resampler::push_row() {
    if (!request_.turn.transpose) filter_row(source_row_.data(), ring_[std::size_t(next_row_) % ring_.size()]);
    auto const& a = rows();
    bool const backwards = request_.turn.mirror_y;
    for (; next_output_ < a.count; ++next_output_) {
        int const output = backwards ? a.count - 1 - next_output_ : next_output_;
        if (a.first[std::size_t(output)] + a.length[std::size_t(output)] - 1 > next_row_) break;
        combine_rows(output);
    }
    ++next_row_;
}

void resampler::combine_rows(int output) {
    auto const& a = rows();
    int const taps = a.length[std::size_t(output)];
    for (int t = 0; t < taps; ++t)
        taps_[std::size_t(t)] = ring_[std::size_t(a.first[std::size_t(output)] + t) % ring_.size()];
    kernels_.vertical(taps_.data(), a.weights_of(output), taps, ring_row_bytes_, combined_.data());

    std::size_t const row_bytes = std::size_t(columns().count) * channels;
    if (request_.turn.transpose) {
        filter_row(combined_.data(), transposed_.data() + std::size_t(output) * row_bytes);
        return;
    }
    auto const y = static_cast<std::size_t>(y_.pad_before + output);
    auto const x = static_cast<std::size_t>(x_.pad_before);
    std::memcpy(crop_.data() + (y * std::size_t(request_.crop_width) + x) * channels, combined_.data(), row_bytes);
}

void resampler::transpose_into_crop() {
    for (int y = 0; y < y_.count; ++y) {
        auto* out =
            crop_.data() +
            (std::size_t(y_.pad_before + y) * std::size_t(request_.crop_width) + std::size_t(x_.pad_before)) * channels;
        auto const* in = transposed_.data() + std::size_t(y) * channels;
        for (int x = 0; x < x_.count; ++x, out += channels, in += std::size_t(y_.count) * channels)
            std::memcpy(out, in, channels);
    }
}

std::uint8_t const* resampler::crop() {
    if (request_.turn.transpose) transpose_into_crop();
    return crop_.data();
}

void normalizer::prepare(preprocess_options const& options, float scale) {
    if (scale == scale_ && options.mean == mean_ && options.std == std_) return;
    for (std::size_t i = 0; i < affine::period; ++i) {
        double const deviation = double(options.std[i % channels]) * scale;
        affine_.factor[i] = static_cast<float>(1.0 / (255.0 * deviation));
        affine_.term[i] = static_cast<float>(-double(options.mean[i % channels]) / deviation);
    }
    mean_ = options.mean;
    std_ = options.std;
    scale_ = scale;
}

void normalizer::write(std::uint8_t const* crop, preprocess_options const& options, tensor_buffer& out) {
    auto const& format = out.format();
    prepare(options, format.element == element_type::s8 ? format.scale : 1.0F);
    std::size_t const n = format.elements();
    switch (format.element) {
        case element_type::f32:
            return kernels_.to_f32(crop, affine_, n, reinterpret_cast<float*>(out.data()));
        case element_type::bf16:
            return kernels_.to_bf16(crop, affine_, n, reinterpret_cast<std::uint16_t*>(out.data()));
        case element_type::s8:
            return kernels_.to_s8(crop, affine_, n, reinterpret_cast<std::int8_t*>(out.data()));
    }
}

}  // namespace sma::image
