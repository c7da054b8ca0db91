// The parts of Asio's TLS streams that are no templates, compiled once.
#include <boost/asio/ssl/impl/src.hpp>
