#include "document_handler.hpp"

#include "base64.hpp"
#include "sma/fetch/is_url.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace sma::api::inference_protocol {

bool document_handler::enter(place p) noexcept {
    places_[++depth_] = p;  // the parser stops at depth_max
    return true;
}

bool document_handler::leave() noexcept {
    --depth_;
    return true;
}

bool document_handler::fail(std::string what, code& ec) {
    failure = std::move(what);
    ec = boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    return false;
}

bool document_handler::add_part(view part) {
    parts_.append(part.data(), part.size());
    return true;
}

/// The string whose last piece this is, valid until the next one.
std::string_view document_handler::whole(view last, std::size_t size) {
    if (last.size() == size) return {last.data(), last.size()};
    add_part(last);
    return parts_;
}

bool document_handler::on_key(view last, std::size_t size, code&) {
    key_ = whole(last, size);
    parts_.clear();
    return true;
}

document_handler::place document_handler::object_in(place parent) const noexcept {
    auto const parameters = key_ == "parameters";
    switch (parent) {
        case place::top:
            return place::request;
        case place::inputs:
            return place::input;
        case place::outputs:
            return place::output;
        case place::request:
            return parameters ? place::request_parameters : place::ignored;
        case place::input:
            return parameters ? place::input_parameters : place::ignored;
        case place::output:
            return parameters ? place::output_parameters : place::ignored;
        default:
            return place::ignored;
    }
}

document_handler::place document_handler::array_in(place parent) const noexcept {
    if (parent == place::data) return place::data;
    if (parent == place::request && key_ == "inputs") return place::inputs;
    if (parent == place::request && key_ == "outputs") return place::outputs;
    if (parent == place::input && key_ == "shape") return place::shape;
    if (parent == place::input && key_ == "data") return place::data;
    return place::ignored;
}

bool document_handler::on_object_begin(code& ec) {
    auto const parent = here();
    if (parent == place::data || parent == place::shape)
        return fail("an input's `data` and `shape` must contain numbers or strings, not objects", ec);
    return begin(object_in(parent), ec);
}

bool document_handler::on_array_begin(code& ec) {
    auto const parent = here();
    if (parent == place::top || parent == place::inputs || parent == place::outputs)
        return fail("expected an object with the member `inputs`, an array of objects", ec);
    if (parent == place::shape) return fail("an input's `shape` must be a flat array of whole numbers", ec);
    return begin(array_in(parent), ec);
}

bool document_handler::begin(place p, code& ec) {
    switch (p) {
        case place::inputs:
            if (std::exchange(document.has_inputs, true)) return fail("duplicate member `inputs`", ec);
            break;
        case place::input:
            if (document.inputs.size() == limits_.tensors_max) return fail("too many inputs", ec);
            document.inputs.emplace_back();
            break;
        case place::output:
            if (document.outputs.size() == limits_.tensors_max) return fail("too many outputs", ec);
            document.outputs.emplace_back();
            break;
        case place::shape:
            if (document.inputs.back().shape) return fail("duplicate member `shape` in an input", ec);
            document.inputs.back().shape.emplace();
            break;
        case place::data:
            if (here() != place::data && !begin_data(ec)) return false;
            break;
        default:
            break;
    }
    return enter(p);
}

bool document_handler::begin_data(code& ec) {
    auto& input = document.inputs.back();
    if (std::exchange(input.has_data, true)) return fail("duplicate member `data` in an input", ec);
    // Usually the shape is known by now: no growing on the way.
    if (input.shape && input.shape->size() == 4 && (*input.shape)[0] > 0)
        input.numbers.reserve(std::min(limits_.numbers_max, limits_.numbers_max / limits_.files_max *
                                                                static_cast<std::size_t>((*input.shape)[0])));
    return true;
}

bool document_handler::on_string(view last, std::size_t size, code& ec) {
    auto const text = whole(last, size);
    bool const taken = here() == place::data ? take_file(text, ec) : take(text, ec);
    parts_.clear();
    return taken;
}

bool document_handler::on_int64(std::int64_t value, view, code& ec) {
    return here() == place::data ? take_number(static_cast<double>(value), ec) : take(value, ec);
}

bool document_handler::on_uint64(std::uint64_t value, view, code& ec) {
    return here() == place::data ? take_number(static_cast<double>(value), ec) : take(value, ec);
}

bool document_handler::on_double(double value, view, code& ec) {
    return here() == place::data ? take_number(value, ec) : take(value, ec);
}

bool document_handler::take_number(double value, code& ec) {
    auto& numbers = document.inputs.back().numbers;
    if (numbers.size() == limits_.numbers_max)
        return fail("an input's `data` has more than " + std::to_string(limits_.numbers_max) +
                        " numbers, the most that max_images allows",
                    ec);
    if (std::abs(value) > std::numeric_limits<float>::max())
        return fail("a number in an input's `data` is out of FP32's range", ec);
    numbers.push_back(static_cast<float>(value));
    return true;
}

bool document_handler::take_file(std::string_view base64, code& ec) {
    auto& input = document.inputs.back();
    if (input.files.size() == limits_.files_max)
        return fail("an input's `data` has more than " + std::to_string(limits_.files_max) +
                        " strings; the limit is the setting max_images",
                    ec);
    auto bytes = fetch::is_url(base64) ? std::optional(std::string(base64)) : decode_base64(base64);
    if (!bytes && !input.first_not_base64) input.first_not_base64 = input.files.size();
    input.files.push_back(bytes ? std::move(*bytes) : std::string());
    return true;
}

bool document_handler::take(scalar const& value, code& ec) {
    switch (here()) {
        case place::request:
        case place::input:
        case place::output:
            return take_member(value, ec);
        case place::shape:
            return take_dimension(value, ec);
        case place::request_parameters:
        case place::input_parameters:
        case place::output_parameters:
            return take_parameter(value, ec);
        case place::data:
            return fail("an input's `data` must contain numbers or strings, not true, false or null", ec);
        case place::ignored:
            return true;
        default:
            return fail("expected an object with the member `inputs`, an array of objects", ec);
    }
}

bool document_handler::take_member(scalar const& value, code& ec) {
    if (here() == place::request) {
        // Clients in typed languages write null for what they do not set.
        if (key_ == "id") return std::holds_alternative<std::nullptr_t>(value) || take_text(document.id, value, ec);
        if (key_ == "inputs") return fail("`inputs` is not an array", ec);
        return key_ == "outputs" && value.index() != 0 ? fail("`outputs` is not an array", ec) : true;
    }
    bool const is_input = here() == place::input;
    if (key_ == "name")
        return take_text(is_input ? document.inputs.back().name : document.outputs.back().name, value, ec);
    if (!is_input) return true;
    if (key_ == "datatype") return take_text(document.inputs.back().datatype, value, ec);
    if (key_ == "shape" || key_ == "data") return fail("an input's `" + key_ + "` is not an array", ec);
    return true;
}

bool document_handler::take_dimension(scalar const& value, code& ec) {
    auto const* dimension = std::get_if<std::int64_t>(&value);
    auto& shape = *document.inputs.back().shape;
    if (dimension == nullptr || shape.size() == depth_max)
        return fail("an input's `shape` must be an array of at most 16 whole numbers", ec);
    shape.push_back(*dimension);
    return true;
}

bool document_handler::take_parameter(scalar const& value, code& ec) {
    auto const set = here() == place::input_parameters    ? set_input_parameter(document.inputs.back(), key_, value)
                     : here() == place::output_parameters ? set_output_parameter(document.outputs.back(), key_, value)
                                                          : set_request_parameter(document, key_, value);
    return set || fail(set.error().message, ec);
}

bool document_handler::take_text(std::optional<std::string>& to, scalar const& value, code& ec) {
    auto const* text = std::get_if<std::string_view>(&value);
    if (text == nullptr) return fail("`" + key_ + "` is not a string", ec);
    to = *text;
    return true;
}

}  // namespace sma::api::inference_protocol
