"""Telling a store's other systems that something happened (Standard Webhooks), without saying anything personal."""
