"""Trying a configuration on the past: when would it have alerted, and what could it not see?"""
