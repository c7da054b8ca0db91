#include "embedded_operations.hpp"

#include "embedded_files.hpp"

#include <boost/json/parse.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace sma::api {

namespace json = boost::json;

json::object embedded_description(std::string_view file) {
    auto const* found = find_embedded_file("description/" + std::string(file));
    if (found == nullptr) throw std::logic_error("no description/" + std::string(file) + " is built in");
    return json::parse(json::string_view(found->bytes.data(), found->bytes.size())).as_object();
}

json::object embedded_operation(std::string_view file, std::string_view key) {
    auto all = embedded_description(file);
    auto* found = all.if_contains(json::string_view(key.data(), key.size()));
    return found == nullptr ? json::object() : std::move(found->as_object());
}

}  // namespace sma::api
