#include "sma/isolation/messages.hpp"

#include "message_fields.hpp"
#include "sma/core/utf8.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace sma::isolation {
namespace {

constexpr std::size_t text_bytes_max = 1024;
constexpr std::uint32_t success = 0;

/// The errors that probe() and decode() may have.
constexpr std::array errors{errc::empty_file,           errc::image_too_large, errc::unsupported_media_type,
                            errc::preprocessing_failed, errc::out_of_memory,   errc::deadline_exceeded,
                            errc::client_closed_request};

// Structured bindings name every member, so that a new one does not compile before it travels, too.
auto members(image::preprocess_options& p) {
    auto& [resize, crop, mode, filter, mean, std] = p;
    return std::tie(resize, crop, mode, filter, mean, std);
}

/// All but the list of formats.
auto members(image::decode_options& o) {
    auto& [formats, pixels, pages, truncated, shrink, timeout, apply_orientation, convert_colors] = o;
    (void)formats;
    return std::tie(pixels, pages, truncated, shrink, timeout, apply_orientation, convert_colors);
}

/// Of a copy: members() are references.
template <class Options>
void write_members(Options o, field_writer& out) {
    std::apply([&out](auto const&... member) { (out.add(member), ...); }, members(o));
}

template <class Options>
void read_members(field_reader& in, Options& o) {
    std::apply([&in](auto&... member) { (in.get(member), ...); }, members(o));
}

void write_decoding(image::decode_options const& o, field_writer& out) {
    write_members(o, out);
    out.add(static_cast<std::uint32_t>(o.formats.size()));
    for (std::string_view const name : o.formats) out.add(name);
}

void read_decoding(field_reader& in, image::decode_options& o) {
    read_members(in, o);
    std::uint32_t formats = 0;
    in.get(formats);
    for (std::uint32_t i = 0; i < formats && in.is_good(); ++i) in.get(o.formats.emplace_back());
}

bool is_decoding_error(errc code) { return std::find(errors.begin(), errors.end(), code) != errors.end(); }

bool is_possible(image::dimensions const& d, std::int64_t pixels_max) {
    return d.width > 0 && d.height > 0 && std::int64_t{d.width} * d.height <= pixels_max;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string write_setup(worker_setup const& setup) {
    field_writer out;
    out.add(std::string_view(setup.build)).add(setup.layout);
    write_decoding(setup.decoding, out);
    return out.take();
}

result<worker_setup> read_setup(std::string_view message, std::string_view build) {
    worker_setup setup;
    field_reader in(message);
    in.get(setup.build);
    if (setup.build != build)
        return error(errc::internal_error,
                     "the worker belongs to another build than the server: start the server again");
    in.get(setup.layout);
    read_decoding(in, setup.decoding);
    if (!in.is_whole()) return error(errc::internal_error, "the worker does not understand its setup");
    return setup;
}

std::string write_order(order const& o) {
    field_writer out;
    out.add(o.number).add(o.what).add(o.file_bytes).add(o.deadline).add(o.format);
    write_members(o.preprocess, out);
    return out.take();
}

std::optional<order> read_order(std::string_view message) {
    order o;
    field_reader in(message);
    in.get(o.number).get(o.what).get(o.file_bytes).get(o.deadline).get(o.format);
    read_members(in, o.preprocess);
    if (!in.is_whole()) return std::nullopt;
    return o;
}

std::string write_answer(answer const& a) {
    field_writer out;
    out.add(a.number);
    if (a.outcome) return out.add(success).add(a.outcome->width).add(a.outcome->height).take();
    auto const& e = a.outcome.error();
    return out.add(static_cast<std::uint32_t>(e.code))
        .add(std::string_view(e.message).substr(0, text_bytes_max))
        .take();
}

std::optional<answer> read_answer(std::string_view message, std::int64_t pixels_max) {
    answer a;
    std::uint32_t code = 0;
    field_reader in(message);
    in.get(a.number).get(code);
    if (code == success) {
        image::dimensions size{};
        in.get(size.width).get(size.height);
        if (!in.is_whole() || !is_possible(size, pixels_max)) return std::nullopt;
        a.outcome = size;
        return a;
    }
    std::string text;
    in.get(text);
    if (!in.is_whole() || text.size() > text_bytes_max || !is_decoding_error(static_cast<errc>(code)))
        return std::nullopt;
    a.outcome = error(static_cast<errc>(code), clean_text(text));
    return a;
}

std::string clean_text(std::string_view text) {
    auto clean = replace_invalid_utf8(text);
    std::replace_if(clean.begin(), clean.end(), is_control, ' ');
    return clean;
}

}  // namespace sma::isolation
